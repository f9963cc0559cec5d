"""What an owner does before leaving: fetch the data, ask for deactivation, think better of it."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import OWNERS, roles_required, signed_in_account_id, signed_in_user
from app.accounts import leaving
from app.accounts.leaving import LeavingRefused
from app.blueprints.attachments import stored_file
from app.blueprints.leaving import blueprint
from app.blueprints.leaving.forms import LeaveForm
from app.clock import now
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import Conflict
from app.extensions import db


@blueprint.get("")
@roles_required(OWNERS)
def page() -> ResponseReturnValue:
    """Exports, and the wish to leave."""
    return _page(LeaveForm(formdata=None))


@blueprint.post("/export")
@roles_required(OWNERS)
def export() -> ResponseReturnValue:
    """Have the account's data packed."""
    actor, account_id = _actor(), signed_in_account_id()
    try:
        with write_transaction(db.session()) as session:
            leaving.ask_export(session, actor, account_id)
        flash(_("Your data is being packed. An e-mail tells you when it is ready."), "success")
    except Conflict as conflict:
        flash(conflict.message, "warning")
    return redirect(url_for(".page"), 303)


@blueprint.get("/export/<public_id>.zip")
@roles_required(OWNERS)
def download(public_id: str) -> Response:
    """The packed data, piece by piece."""
    found = leaving.ready_export(db.session(), signed_in_account_id(), public_id)
    assert found.file_key is not None
    name = f"carillon-{found.asked_at:%Y-%m-%d}.zip"
    return stored_file(found.file_key, name, "application/zip", found.size)


@blueprint.post("/ask")
@roles_required(OWNERS)
def ask() -> ResponseReturnValue:
    """Ask staff to deactivate the account."""
    form, actor, account_id = LeaveForm(), _actor(), signed_in_account_id()
    if not form.validate():
        return _page(form), 422
    try:
        with write_transaction(db.session()) as session:
            leaving.ask_deactivation(session, actor, account_id, form.typed_name.data)
    except LeavingRefused as refusal:
        form.typed_name.errors = [refusal.message]
        return _page(form), 422
    flash(_("We have your wish. Our staff settle what is open, and write to you."), "success")
    return redirect(url_for(".page"), 303)


@blueprint.post("/stay")
@roles_required(OWNERS)
def stay() -> ResponseReturnValue:
    """Take the wish to leave back."""
    actor, account_id = _actor(), signed_in_account_id()
    with write_transaction(db.session()) as session:
        leaving.take_back(session, actor, account_id)
    flash(_("Good: everything stays as it is."), "success")
    return redirect(url_for(".page"), 303)


def _actor() -> Actor:
    return Actor.of(signed_in_user(), request.remote_addr)


def _page(form: LeaveForm) -> str:
    return render_template(
        "leaving/page.html",
        form=form,
        exports=leaving.exports(db.session(), signed_in_account_id()),
        moment=now(),
    )
