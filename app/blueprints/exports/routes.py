"""The list of exports; asking for one, cancelling it, fetching its file."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import ANY_CLIENT, roles_required, signed_in_user
from app.blueprints.exports import blueprint
from app.blueprints.exports.forms import ExportForm
from app.blueprints.exports.pages import file_answer, shown
from app.blueprints.topup.forms import first_errors
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import Conflict
from app.exports import asking
from app.extensions import db
from app.models import ExportKind
from app.web_context import user_zone


@blueprint.get("")
@roles_required(ANY_CLIENT)
def index() -> str:
    """The exports that the reader may see, newest first."""
    return render_template("exports/index.html", **shown())


@blueprint.get("/progress")
@roles_required(ANY_CLIENT)
def progress() -> str:
    """The list alone, for refresh.js."""
    return render_template("exports/_list.html", **shown())


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
    return file_answer(public_id, token)
