"""The task list."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.access import ANY_CLIENT, roles_required, signed_in_user
from app.accounts.membership import account_id_of
from app.blueprints.records import blueprint
from app.extensions import db
from app.records.money import money_of_tasks
from app.records.tasks import STATE_FILTERS, task_page


@blueprint.get("/tasks")
@roles_required(ANY_CLIENT)
def tasks() -> ResponseReturnValue:
    """The account's tasks, newest first."""
    state = request.args.get("state")
    page = task_page(
        db.session(),
        account_id_of(signed_in_user()),
        state_filter=state,
        before=request.args.get("before"),
        after=request.args.get("after"),
    )
    money = money_of_tasks(db.session(), [task.id for task in page.rows])
    return render_template("records/tasks.html", page=page, money=money, state=state, filters=STATE_FILTERS)
