"""What stands on record about a submitted task, and sending again to those that it failed to reach."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import OWNERS, SENDERS, roles_required, signed_in_account_id, signed_in_user
from app.blueprints.tasks import blueprint
from app.database import write_transaction
from app.errors import Conflict
from app.extensions import db
from app.models import Task
from app.records.task_story import acceptance_of, story_of
from app.sending import canary, holding
from app.sending.drafting import send_again
from app.sending.drafting.review import SHOWN_REJECTIONS, reason_lines, rejections


@blueprint.post("/again")
@roles_required(SENDERS)
def again(public_id: str) -> ResponseReturnValue:
    """A draft that writes only to whom this task failed to reach; it is checked and priced anew."""
    user, account_id = signed_in_user(), signed_in_account_id()
    try:
        with write_transaction(db.session()) as session:
            draft = send_again.send_again(session, user, account_id, public_id).public_id
    except Conflict as conflict:
        flash(conflict.message, "warning")
        return redirect(url_for("tasks.page", public_id=public_id), 303)
    flash(_("This is a task of its own. Nothing is held or sent until you accept its price below."), "info")
    return redirect(url_for("review.page", public_id=draft), 303)


def on_record(task: Task) -> dict[str, Any]:
    """What the parts of the page that follow the progress tell beside its numbers.

    From which address a task was submitted is told to the account's owner, and to who submitted it.
    """
    session, user = db.session(), signed_in_user()
    may_know = user.role in OWNERS or user.id == task.user_id
    return {
        "accepted": acceptance_of(session, task),
        "address_known": may_know,
        "story": story_of(session, task),
        "again": send_again.how_many(session, task),
        "again_draft": send_again.open_draft(session, task) if task.failed else None,
        "may_send": user.role in SENDERS,
        "may_prove": user.role in OWNERS,
        "canary_size": canary.SIZE if task.wants_canary and task.total > canary.ABOVE else 0,
    }


def before_submission(task: Task) -> dict[str, Any]:
    """What the checks found and which rows were left out: what does not change any more."""
    by_reason: dict[str, int] = (task.report or {}).get("by_reason", {})
    shown = []
    if by_reason:
        found = rejections(db.session(), task)
        shown = [row for row, _number in zip(found, range(SHOWN_REJECTIONS), strict=False)]
    return {
        "concerns": holding.concerns(task),
        "rows_read": (task.report or {}).get("rows_read"),
        "left_out": sum(by_reason.values()),
        "left_out_reasons": reason_lines(by_reason),
        "left_out_rows": shown,
    }
