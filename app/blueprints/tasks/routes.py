"""A task's page, its live numbers, and what its owner may do with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from app.access import ANY_CLIENT, SENDERS, roles_required, signed_in_user
from app.accounts.membership import account_id_of
from app.blueprints.tasks import blueprint
from app.blueprints.tasks.record import before_submission, on_record
from app.clock import now
from app.database import write_transaction
from app.desk import task_acts
from app.desk.audit_log import Actor
from app.errors import Conflict
from app.extensions import db
from app.gateways.errors import error_words
from app.models import Task, TaskState
from app.records.messages import STATUS_FILTERS, message_page
from app.records.money import latest_entries, money_of_task
from app.sending import canary
from app.sending.lookup import task_of
from app.sending.states import DRAFT_STATES
from app.sending.steering import CANCELLABLE

_LEDGER_LINES = 20
_RECEIPTS_COME_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class Act:
    """What may be done with a task in one of `states`, and what is said of it."""

    do: Callable[[Session, Actor, int, str], Task]
    states: frozenset[TaskState]
    done: str
    too_late: str


ACTS = {
    "cancel": Act(
        task_acts.cancel,
        CANCELLABLE,
        lazy_gettext("“%(name)s” is cancelled. The credits of what had not left are available again."),
        lazy_gettext("This task is over, so there is nothing left to cancel."),
    ),
    "pause": Act(
        task_acts.pause,
        frozenset({TaskState.RUNNING}),
        lazy_gettext("“%(name)s” is paused. What had not left waits until you resume it."),
        lazy_gettext("This task is not running, so there is nothing to pause."),
    ),
    "resume": Act(
        task_acts.resume,
        frozenset({TaskState.PAUSED}),
        lazy_gettext("“%(name)s” goes on."),
        lazy_gettext("This task is not paused, so there is nothing to resume."),
    ),
}


@blueprint.get("")
@roles_required(ANY_CLIENT)
def page(public_id: str) -> ResponseReturnValue:
    """Everything about a submitted task; one that is not submitted yet has its review page."""
    task = _own_task(public_id)
    if task.state in DRAFT_STATES:
        return redirect(url_for("review.page", public_id=public_id))
    return render_template("tasks/page.html", **before_submission(task), **_shown(task))


@blueprint.get("/progress")
@roles_required(ANY_CLIENT)
def progress(public_id: str) -> ResponseReturnValue:
    """The page's moving parts alone, for refresh.js."""
    return render_template("tasks/_progress_answer.html", **_shown(_own_task(public_id)))


@blueprint.route("/cancel", methods=["GET", "POST"])
@roles_required(SENDERS)
def cancel(public_id: str) -> ResponseReturnValue:
    """Ask once more, then cancel what has not left and give its credits back."""
    return _act(public_id, "cancel")


@blueprint.route("/pause", methods=["GET", "POST"])
@roles_required(SENDERS)
def pause(public_id: str) -> ResponseReturnValue:
    """Ask once more, then hold back what has not left."""
    return _act(public_id, "pause")


@blueprint.route("/resume", methods=["GET", "POST"])
@roles_required(SENDERS)
def resume(public_id: str) -> ResponseReturnValue:
    """Ask once more, then let a paused task go on."""
    return _act(public_id, "resume")


def _act(public_id: str, name: str) -> ResponseReturnValue:
    """A page that asks, and the act."""
    act, task, user = ACTS[name], _own_task(public_id), signed_in_user()
    if request.method == "GET":
        if task.state not in act.states:
            raise Conflict(act.too_late)
        return render_template(f"tasks/{name}.html", task=task)
    actor, account_id = Actor.of(user, request.remote_addr), account_id_of(user)
    with write_transaction(db.session()) as session:
        task = act.do(session, actor, account_id, public_id)
        task_name, held_for = task.name, task.state_reason if task.state == TaskState.HELD else None
    if held_for is not None:
        flash(held_for, "warning")
    else:
        flash(str(act.done) % {"name": task_name}, "success")
    return redirect(url_for("tasks.page", public_id=public_id))


def _own_task(public_id: str) -> Task:
    return task_of(db.session(), account_id_of(signed_in_user()), public_id)


def _shown(task: Task) -> dict[str, Any]:
    """What the page and its moving parts are drawn from. `here` is the place in the list of messages."""
    status = request.args.get("status")
    before, after = (request.args.get(name, type=int) for name in ("before", "after"))
    chosen = status if status in STATUS_FILTERS else None
    return {
        "task": task,
        "money": money_of_task(db.session(), task.id),
        "entries": latest_entries(db.session(), task.id, _LEDGER_LINES),
        "messages": message_page(db.session(), task.id, status_filter=chosen, before=before, after=after),
        "here": {"status": chosen, "before": before, "after": after},
        "filters": STATUS_FILTERS,
        "error_words": error_words,
        "acts": _acts(task),
        "canary": canary.flight(db.session(), task) if task.state == TaskState.RUNNING else None,
        "refresh_every": _refresh_every(task),
        **on_record(task),
    }


def _acts(task: Task) -> list[str]:
    """What the reader may do with the task now."""
    if signed_in_user().role not in SENDERS:
        return []
    barred = {"resume"} if task.paused_by_staff else set()
    return [name for name, act in ACTS.items() if task.state in act.states and name not in barred]


def _refresh_every(task: Task) -> int | None:
    """Milliseconds until the page should look again; None when nothing is going to change soon.

    Receipts go on coming after the last message has left, most of them within minutes.
    """
    if task.state == TaskState.RUNNING:
        return 1_500
    if task.state in (TaskState.HELD, TaskState.SCHEDULED, TaskState.PAUSED) or task.waiting:
        return 5_000
    finished_lately = task.finished_at is not None and now() - task.finished_at < _RECEIPTS_COME_FOR
    return 5_000 if finished_lately and (task.accepted or task.in_doubt) else None
