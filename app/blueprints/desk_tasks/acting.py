"""Pausing, resuming and cancelling a client's task. Each asks once more, and says what the client will read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from app.access import OPERATORS, roles_required, signed_in_user
from app.blueprints.desk_tasks import blueprint
from app.blueprints.desk_tasks.forms import ActForm, PauseForm
from app.database import write_transaction
from app.desk import task_acts, tasks
from app.desk.audit_log import Actor
from app.errors import InvalidMove, NotAllowed, TaskRefused
from app.extensions import db
from app.models import Task, TaskState
from app.sending.steering import CANCELLABLE


@dataclass(frozen=True)
class Act:
    """What staff may do with a task in one of `states`, and what is said of it afterwards."""

    do: Callable[[Session, Actor, Task, ActForm], Task]
    form: type[ActForm]
    states: frozenset[TaskState]
    done: str


ACTS = {
    "pause": Act(
        lambda session, actor, task, form: task_acts.pause(
            session, actor, task.account_id, task.public_id, by_staff=True, reason=form.words()
        ),
        PauseForm,
        frozenset({TaskState.RUNNING, TaskState.PAUSED}),
        lazy_gettext("“%(name)s” is paused, and only staff can resume it."),
    ),
    "resume": Act(
        lambda session, actor, task, form: task_acts.resume(
            session, actor, task.account_id, task.public_id, by_staff=True
        ),
        ActForm,
        frozenset({TaskState.PAUSED}),
        lazy_gettext("“%(name)s” goes on."),
    ),
    "cancel": Act(
        lambda session, actor, task, form: task_acts.cancel(
            session, actor, task.account_id, task.public_id, by_staff=True
        ),
        ActForm,
        CANCELLABLE,
        lazy_gettext("“%(name)s” is cancelled. The credits of what had not left are the client’s again."),
    ),
}


@blueprint.route("/pause", methods=["GET", "POST"])
@roles_required(OPERATORS)
def pause(public_id: str) -> ResponseReturnValue:
    """Hold back what has not left, until staff let it go on."""
    return _act(public_id, "pause")


@blueprint.route("/resume", methods=["GET", "POST"])
@roles_required(OPERATORS)
def resume(public_id: str) -> ResponseReturnValue:
    """Let a paused task go on, whoever paused it."""
    return _act(public_id, "resume")


@blueprint.route("/cancel", methods=["GET", "POST"])
@roles_required(OPERATORS)
def cancel(public_id: str) -> ResponseReturnValue:
    """Cancel what has not left and give its credits back."""
    return _act(public_id, "cancel")


def open_acts(task: Task) -> list[str]:
    """What the reader may do with the task now. What staff paused already, they need not pause again."""
    if signed_in_user().role not in OPERATORS:
        return []
    spared = {"pause"} if task.paused_by_staff else set()
    return [name for name, act in ACTS.items() if task.state in act.states and name not in spared]


def _act(public_id: str, name: str) -> ResponseReturnValue:
    """A page that asks, and the act."""
    task, act = tasks.any_task(db.session(), public_id), ACTS[name]
    form, actor = act.form(), Actor.of(signed_in_user(), request.remote_addr)
    if not form.validate_on_submit():
        page = render_template(
            "desk_tasks/act.html", task=task, act=name, form=form, is_due=task.state in act.states
        )
        return page, 422 if form.errors else 200
    try:
        with write_transaction(db.session()) as session:
            task = act.do(session, actor, tasks.any_task(session, public_id), form)
            task_name, is_held = task.name, task.state == TaskState.HELD
        if is_held:
            flash(
                _("“%(name)s” breaks a rule of today, so it is in the review queue now.", name=task_name),
                "warning",
            )
        else:
            flash(str(act.done) % {"name": task_name}, "success")
    except (InvalidMove, NotAllowed, TaskRefused) as refusal:
        flash(refusal.message, "error")
    return redirect(url_for("desk_tasks.page", public_id=public_id), 303)
