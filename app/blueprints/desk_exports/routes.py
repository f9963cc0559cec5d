"""Staff's own exports; asking for one, cancelling it, fetching its file."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import ANY_STAFF, roles_required, signed_in_user
from app.blueprints.desk_exports import blueprint
from app.blueprints.desk_exports.forms import DeskExportForm
from app.blueprints.exports.pages import file_answer, shown
from app.blueprints.topup.forms import first_errors
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import Conflict
from app.exports import asking, desk_asking
from app.exports.wishes import DESK_KINDS, ROLES
from app.extensions import db
from app.models import ExportKind, Role

blueprint.app_context_processor(lambda: {"export_roles": _roles})


@blueprint.get("")
@roles_required(ANY_STAFF)
def index() -> str:
    """The reader's own exports, newest first."""
    return render_template("desk_exports/index.html", **shown())


@blueprint.get("/progress")
@roles_required(ANY_STAFF)
def progress() -> str:
    """The list alone, for refresh.js."""
    return render_template("exports/_list.html", **shown())


@blueprint.post("/ask/<kind>")
@roles_required(ANY_STAFF)
def ask(kind: str) -> ResponseReturnValue:
    """Have a list of the desk made into a file, as its page shows it."""
    if kind not in DESK_KINDS:
        abort(404)
    form, user = DeskExportForm(), signed_in_user()
    actor = Actor.of(user, request.remote_addr)
    if not form.validate():
        flash(_("No file was asked for. %(why)s", why=first_errors(form)), "error")
        return redirect(url_for(".index"), 303)
    try:
        with write_transaction(db.session()) as session:
            desk_asking.ask(session, actor, user, form.wish(ExportKind(kind)))
        flash(_("The file is being made. You may go on meanwhile: it stays listed here."), "success")
    except Conflict as conflict:
        flash(conflict.message, "warning")
    return redirect(url_for(".index"), 303)


@blueprint.post("/<public_id>/cancel")
@roles_required(ANY_STAFF)
def cancel(public_id: str) -> ResponseReturnValue:
    """Stop making a file."""
    user = signed_in_user()
    try:
        with write_transaction(db.session()) as session:
            asking.cancel(session, user, public_id)
        flash(_("The export is cancelled."), "success")
    except Conflict as conflict:
        flash(conflict.message, "warning")
    return redirect(url_for(".index"), 303)


@blueprint.get("/<public_id>/<token>")
@roles_required(ANY_STAFF)
def fetch(public_id: str, token: str) -> ResponseReturnValue:
    """The file, piece by piece, under an address that is signed, good for an hour, and of this person alone."""
    return file_answer(public_id, token)


def _roles(kind: str) -> frozenset[Role]:
    return ROLES[ExportKind(kind)]
