"""Staff's own exports; asking for one, cancelling it, fetching its file."""

from __future__ import annotations

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from app.access import ANY_STAFF, roles_required, signed_in_user
from app.blueprints.desk_exports import blueprint
from app.blueprints.desk_exports.forms import DeskExportForm
from app.blueprints.exports.pages import answer_to_asking, answer_to_cancelling, file_answer, shown
from app.desk.audit_log import Actor
from app.exports import desk_asking
from app.exports.wishes import DESK_KINDS, ROLES
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
    return answer_to_asking(
        form, lambda session: desk_asking.ask(session, actor, user, form.wish(ExportKind(kind)))
    )


@blueprint.post("/<public_id>/cancel")
@roles_required(ANY_STAFF)
def cancel(public_id: str) -> ResponseReturnValue:
    """Stop making a file."""
    return answer_to_cancelling(public_id)


@blueprint.get("/<public_id>/<token>")
@roles_required(ANY_STAFF)
def fetch(public_id: str, token: str) -> ResponseReturnValue:
    """The file, piece by piece, under an address that is signed, good for an hour, and of this person alone."""
    return file_answer(public_id, token)


def _roles(kind: str) -> frozenset[Role]:
    return ROLES[ExportKind(kind)]
