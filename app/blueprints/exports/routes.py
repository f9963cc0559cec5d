"""The list of exports; asking for one, cancelling it, fetching its file."""

from __future__ import annotations

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from app.access import ANY_CLIENT, roles_required, signed_in_user
from app.blueprints.exports import blueprint
from app.blueprints.exports.forms import ExportForm
from app.blueprints.exports.pages import answer_to_asking, answer_to_cancelling, file_answer, shown
from app.desk.audit_log import Actor
from app.exports import asking
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
    return answer_to_asking(
        form, lambda session: asking.ask(session, actor, user, form.wish(ExportKind(kind)), zone)
    )


@blueprint.post("/<public_id>/cancel")
@roles_required(ANY_CLIENT)
def cancel(public_id: str) -> ResponseReturnValue:
    """Stop making a file."""
    return answer_to_cancelling(public_id)


@blueprint.get("/<public_id>/<token>")
@roles_required(ANY_CLIENT)
def fetch(public_id: str, token: str) -> ResponseReturnValue:
    """The file, piece by piece, under an address that is signed and good for an hour."""
    return file_answer(public_id, token)
