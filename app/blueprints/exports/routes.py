"""The list of exports; asking for one, cancelling it, fetching its file."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import ANY_CLIENT, roles_required, signed_in_user
from app.blueprints.attachments import stored_file
from app.blueprints.exports import blueprint
from app.blueprints.exports.forms import ExportForm
from app.blueprints.topup.forms import first_errors
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import Conflict
from app.exports import asking
from app.exports.sheets import XLSX_ROWS
from app.exports.wishes import KIND_WORDS, described, wish_of
from app.extensions import db
from app.language import gettext
from app.models import ExportKind, RecordExport
from app.web_context import user_zone

_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


@blueprint.get("")
@roles_required(ANY_CLIENT)
def index() -> str:
    """The exports that the reader may see, newest first."""
    return render_template("exports/index.html", **_shown())


@blueprint.get("/progress")
@roles_required(ANY_CLIENT)
def progress() -> str:
    """The list alone, for refresh.js."""
    return render_template("exports/_list.html", **_shown())


@blueprint.post("/ask/<kind>")
@roles_required(ANY_CLIENT)
def ask(kind: str) -> ResponseReturnValue:
    """Have a list made into a file, as its page shows it."""
    if kind not in set(ExportKind):
        abort(404)
    form, user = ExportForm(), signed_in_user()
    actor, zone = Actor.of(user, request.remote_addr), user_zone().key
    if not form.validate():
        flash(_("No file was asked for. %(why)s", why=first_errors(form)), "error")
        return redirect(url_for("exports.index"), 303)
    try:
        with write_transaction(db.session()) as session:
            asking.ask(session, actor, user, form.wish(ExportKind(kind)), zone)
        flash(_("The file is being made. You may go on meanwhile: it stays listed here."), "success")
    except Conflict as conflict:
        flash(conflict.message, "warning")
    return redirect(url_for("exports.index"), 303)


@blueprint.post("/<public_id>/cancel")
@roles_required(ANY_CLIENT)
def cancel(public_id: str) -> ResponseReturnValue:
    """Stop making a file."""
    user = signed_in_user()
    try:
        with write_transaction(db.session()) as session:
            asking.cancel(session, user, public_id)
        flash(_("The export is cancelled."), "success")
    except Conflict as conflict:
        flash(conflict.message, "warning")
    return redirect(url_for("exports.index"), 303)


@blueprint.get("/<public_id>/<token>")
@roles_required(ANY_CLIENT)
def fetch(public_id: str, token: str) -> ResponseReturnValue:
    """The file, piece by piece, under an address that is signed and good for an hour."""
    settings = current_app.config["CARILLON"]
    try:
        export = asking.fetchable(db.session(), signed_in_user(), public_id, token, settings.secret_key)
    except asking.LinkExpired as expired:
        flash(expired.message, "warning")
        return redirect(url_for("exports.index"))
    assert export.file_key is not None
    day = export.asked_at.astimezone(ZoneInfo(export.time_zone))
    name = f"carillon-{export.kind.replace('_', '-')}-{day:%Y-%m-%d-%H%M}.{export.file_type}"
    return stored_file(export.file_key, name, _TYPES[export.file_type], export.size)


def _shown() -> dict[str, Any]:
    user, before, after = signed_in_user(), request.args.get("before"), request.args.get("after")
    page = asking.page(db.session(), user, before=before, after=after)
    return {
        "page": page,
        "here": {"before": before, "after": after},
        "live": any(export.state in asking.UNFINISHED for export in page.rows),
        "kind_words": lambda export: gettext(KIND_WORDS[ExportKind(export.kind)]),
        "described": _described,
        "is_here": asking.is_here,
        "token_of": lambda export: asking.token_of(export, current_app.config["CARILLON"].secret_key),
        "most": asking.AT_ONCE,
        "xlsx_rows": XLSX_ROWS,
    }


def _described(export: RecordExport) -> str:
    return described(wish_of(export), ZoneInfo(export.time_zone), export.asked_at)
