"""The page of exports and the file itself, alike for clients and for our staff: each sees what is theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import signed_in_user
from app.blueprints.attachments import stored_file
from app.blueprints.topup.forms import first_errors
from app.database import write_transaction
from app.errors import Conflict
from app.exports import asking
from app.exports.sheets import XLSX_ROWS
from app.exports.wishes import KIND_WORDS, described, wish_of
from app.extensions import db
from app.models import ExportKind, RecordExport, Task

_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


def file_answer(public_id: str, token: str) -> ResponseReturnValue:
    """The file, where the reader may have it; back to the list with an address that is too old."""
    settings = current_app.config["CARILLON"]
    try:
        export = asking.fetchable(db.session(), signed_in_user(), public_id, token, settings.secret_key)
    except asking.LinkExpired as expired:
        flash(expired.message, "warning")
        return redirect(url_for(".index"))
    assert export.file_key is not None
    day = export.asked_at.astimezone(ZoneInfo(export.time_zone))
    name = f"carillon-{export.kind.replace('_', '-')}-{day:%Y-%m-%d-%H%M}.{export.file_type}"
    return stored_file(export.file_key, name, _TYPES[export.file_type], export.size)


def shown() -> dict[str, Any]:
    """What the list of exports shows the reader."""
    user, before, after = signed_in_user(), request.args.get("before"), request.args.get("after")
    page = asking.page(db.session(), user, before=before, after=after)
    return {
        "page": page,
        "here": {"before": before, "after": after},
        "live": any(export.state in asking.UNFINISHED for export in page.rows),
        "kind_words": lambda export: _(KIND_WORDS[ExportKind(export.kind)]),
        "described": _described,
        "is_here": asking.is_here,
        "token_of": lambda export: asking.token_of(export, current_app.config["CARILLON"].secret_key),
        "most": asking.AT_ONCE,
        "xlsx_rows": XLSX_ROWS,
    }


def _described(export: RecordExport) -> str:
    if export.kind == ExportKind.EVIDENCE:
        of_task = (Task.public_id == wish_of(export).task, Task.account_id == export.account_id)
        if name := db.session.scalar(select(Task.name).where(*of_task)):
            return _("of “%(name)s”", name=name)
    return described(wish_of(export), ZoneInfo(export.time_zone), export.asked_at)


def answer_to_asking(form: FlaskForm, ask: Callable[[Session], object]) -> ResponseReturnValue:
    """Ask for a file, in a transaction, where the form is right; back to the list either way, told what came of it."""
    if not form.validate():
        flash(_("No file was asked for. %(why)s", why=first_errors(form)), "error")
        return redirect(url_for(".index"), 303)
    try:
        with write_transaction(db.session()) as session:
            ask(session)
        flash(_("The file is being made. You may go on meanwhile: it stays listed here."), "success")
    except Conflict as conflict:
        flash(conflict.message, "warning")
    return redirect(url_for(".index"), 303)


def answer_to_cancelling(public_id: str) -> ResponseReturnValue:
    """Stop making one of the reader's files; back to the list."""
    user = signed_in_user()
    try:
        with write_transaction(db.session()) as session:
            asking.cancel(session, user, public_id)
        flash(_("The export is cancelled."), "success")
    except Conflict as conflict:
        flash(conflict.message, "warning")
    return redirect(url_for(".index"), 303)
