"""The task record and the sending record."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.access import ANY_CLIENT, roles_required, signed_in_user
from app.accounts.membership import account_id_of
from app.blueprints.records import blueprint
from app.blueprints.records.asking import all_words, asked_of_request, asked_words
from app.clock import now
from app.extensions import db
from app.records.asked import Asked
from app.records.figures import figures
from app.records.money import money_of_tasks
from app.records.periods import PRESETS
from app.records.tasks import STATE_FILTERS, SUBMITTED_FILTERS, routes_used, task_page
from app.web_context import user_zone


@blueprint.get("/tasks")
@roles_required(ANY_CLIENT)
def tasks() -> ResponseReturnValue:
    """The account's tasks that the address asks for, newest first."""
    asked = asked_of_request()
    return render_template("records/tasks.html", **_shown(asked, submitted=False))


@blueprint.get("/sending")
@roles_required(ANY_CLIENT)
def sending() -> ResponseReturnValue:
    """What was submitted, task by task, under the sums of its days by route."""
    asked = asked_of_request()
    today = now().astimezone(user_zone()).date()
    use = figures(db.session(), account_id_of(signed_in_user()), asked.period, today)
    return render_template("records/sending.html", use=use, **_shown(asked, submitted=True))


def _shown(asked: Asked, *, submitted: bool) -> dict[str, Any]:
    session, account_id = db.session(), account_id_of(signed_in_user())
    filters = SUBMITTED_FILTERS if submitted else STATE_FILTERS
    state = request.args.get("state")
    chosen = state if state in filters else None
    page = task_page(
        session,
        account_id,
        state_filter=chosen,
        submitted=submitted,
        asked=asked,
        before=request.args.get("before"),
        after=request.args.get("after"),
    )
    kept = {"state": chosen} if chosen else {}
    return {
        "page": page,
        "money": money_of_tasks(session, [task.id for task in page.rows]),
        "state": chosen,
        "filters": filters,
        "asked": asked,
        "kept": asked_words(asked) | kept,
        "words": all_words(asked) | kept,
        "period": asked.period,
        "period_presets": PRESETS,
        "routes": routes_used(session, account_id),
    }
