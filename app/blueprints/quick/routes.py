"""Write a quick message, and go back to one."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from app.access import SENDERS, roles_required, signed_in_user
from app.accounts.membership import account_id_of
from app.blueprints.compose.composer import Composer, editable_task, offer_routes
from app.blueprints.compose.forms import task_values
from app.blueprints.quick import blueprint
from app.blueprints.quick.forms import QuickForm
from app.models import TaskKind
from app.sending.drafting import drafts
from app.web_context import user_zone


@blueprint.route("/", methods=["GET", "POST"])
@roles_required(SENDERS)
def new() -> ResponseReturnValue:
    """A new quick message."""
    user = signed_in_user()
    form = QuickForm()
    offer_routes(form, account_id_of(user), user_zone())
    return Composer(TaskKind.QUICK, form, account_id_of(user)).answer(
        lambda session: drafts.create_quick(session, user, form.draft_request(), form.recipients.data)
    )


@blueprint.route("/<public_id>/edit", methods=["GET", "POST"])
@roles_required(SENDERS)
def edit(public_id: str) -> ResponseReturnValue:
    """Change a quick message that has not been submitted; it is checked again."""
    account_id = account_id_of(signed_in_user())
    task = editable_task(account_id, public_id, TaskKind.QUICK)
    zone = user_zone()
    form = QuickForm(data={**task_values(task, zone), "recipients": task.typed_recipients})
    offer_routes(form, account_id, zone)
    return Composer(TaskKind.QUICK, form, account_id, task).answer(
        lambda session: drafts.edit(
            session, account_id, public_id, form.draft_request(), typed_recipients=form.recipients.data
        )
    )
