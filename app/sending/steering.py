"""Pause, resume, move, cancel: what may be done with a task once it was submitted, by its owner and by staff.

Each takes the task's lock first, so that it never meets a pump, a receipt or a sweep half-way.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Conflict, NotAllowed, TaskRefused
from app.language import gettext
from app.language import gettext as _
from app.ledger.rollups import count_on_day, due_day
from app.models import Account, AccountState, Task, TaskState
from app.queues import enqueue_after_commit
from app.sending import out_of_date, task_notices
from app.sending.judging_again import Look
from app.sending.lookup import lock_task, lock_tasks, task_of
from app.sending.settlement import cancel_unsent, finish_if_over
from app.sending.states import move_task
from app.sending.suppressed import leave_out_suppressed

MOVABLE: Final = frozenset({TaskState.SCHEDULED, TaskState.HELD})
CANCELLABLE: Final = frozenset({TaskState.HELD, TaskState.SCHEDULED, TaskState.RUNNING, TaskState.PAUSED})


def pause(
    session: Session, account_id: int, public_id: str, *, by_staff: bool = False, reason: str | None = None
) -> Task:
    """Send no more of a running task; what is fenced or on the wire finishes and settles.

    `reason` is told to the client. What staff paused, only staff can resume. Raises NotFound, and InvalidMove when
    it does not run.
    """
    task = lock_task(session, task_of(session, account_id, public_id).id)
    if task.state == TaskState.PAUSED and (task.paused_by_staff or not by_staff):
        return task
    move_task(
        session,
        task.id,
        {TaskState.RUNNING, TaskState.PAUSED} if by_staff else {TaskState.RUNNING},
        TaskState.PAUSED,
        state_reason=_pause_words(by_staff, reason),
        paused_by_staff=by_staff,
    )
    if by_staff:
        task_notices.tell_paused(session, task.id)
    return lock_task(session, task.id)


def pause_template(session: Session, template_id: int) -> None:
    """Pause the running tasks of a WhatsApp template that is not approved any more, and tell their people."""
    running = select(Task.id).where(Task.state == TaskState.RUNNING, Task.template_id == template_id)
    for task in lock_tasks(session, session.scalars(running).all()):
        if task.state == TaskState.RUNNING and (problem := out_of_date.template_problem(session, task)):
            move_task(session, task.id, {TaskState.RUNNING}, TaskState.PAUSED, state_reason=problem)
            task_notices.tell_paused(session, task.id)


def resume(session: Session, account_id: int, public_id: str, *, by_staff: bool = False) -> Task:
    """Let a paused task go on, at once, also one whose set time has passed.

    It is judged by the rules of this day: what breaks one is held for staff instead. Numbers suppressed meanwhile are
    left out. Raises NotFound, InvalidMove when it is not paused, NotAllowed for a suspended or closed account, and for
    a client where staff paused it; TaskRefused where its WhatsApp template cannot be sent as it was accepted.
    """
    task = lock_task(session, task_of(session, account_id, public_id).id)
    state = session.scalar(select(Account.state).where(Account.id == account_id))
    if state != AccountState.ACTIVE:
        whose = gettext("Restore the account first.") if by_staff else gettext("Contact support.")
        raise NotAllowed(
            gettext(
                "This account is %(state)s, so nothing can be resumed. %(whose)s", state=state, whose=whose
            )
        )
    if task.state == TaskState.PAUSED and task.paused_by_staff and not by_staff:
        raise NotAllowed(
            gettext("Staff paused this task, so only they can resume it. Ask them under Support.")
        )
    if task.state == TaskState.PAUSED:
        if (problem := out_of_date.template_problem(session, task)) is not None:
            raise TaskRefused(problem)
        if not Look(session, rows=task.total, is_watched=not by_staff).may_start(task.id):
            return lock_task(session, task.id)
    move_task(
        session,
        task.id,
        {TaskState.PAUSED},
        TaskState.RUNNING,
        started_at=task.started_at or now(),
        paused_by_staff=False,
    )
    leave_out_suppressed(session, task.id)
    finish_if_over(session, task)
    enqueue_after_commit(session, "jobs.dispatch.pump", task.route_id)
    return lock_task(session, task.id)


def cancel(session: Session, account_id: int, public_id: str, *, by_staff: bool = False) -> Task:
    """Stop a task and release what has not left yet; what is on the wire, or may have left, finishes and settles.

    Raises NotFound, and InvalidMove for a task that is over.
    """
    task = lock_task(session, task_of(session, account_id, public_id).id)
    if task.state == TaskState.CANCELLED:
        return task
    words = (
        gettext("Cancelled by staff. What had not left was released.")
        if by_staff
        else gettext("Cancelled by the client. What had not left was released.")
    )
    move_task(
        session,
        task.id,
        CANCELLABLE,
        TaskState.CANCELLED,
        state_reason=words,
        paused_by_staff=False,
        finished_at=now(),
    )
    cancel_unsent(session, task)
    if by_staff:
        task_notices.tell_cancelled(session, task)
    return lock_task(session, task.id)


def move(
    session: Session, account_id: int, public_id: str, moment: datetime, *, seen: datetime | None = None
) -> Task:
    """Start a task that has not begun at another moment (UTC); its hold stays as it is.

    `seen` is the set time that the person was looking at. Raises NotFound, Conflict when the task has begun or was
    moved by somebody else meanwhile, TaskRefused for a moment that has passed or at which its time has run out.
    """
    task = lock_task(session, task_of(session, account_id, public_id).id)
    if task.state not in MOVABLE or task.scheduled_at is None or task.started_at is not None:
        raise Conflict(_("This task has begun or is over, so its time cannot be changed any more."))
    if seen is not None and task.scheduled_at not in (seen, moment):
        raise Conflict(
            _("Somebody else has moved this task meanwhile. Look at its new time, and move it again.")
        )
    if moment <= now():
        raise TaskRefused(_("This time has passed. Choose a later one."))
    if task.send_before is not None and task.send_before <= moment:
        raise TaskRefused(
            _("This task is to be over before then, so nothing would be sent. Choose an earlier time.")
        )
    count_on_day(session, task, due_day(task.account, task.submitted_at or moment, moment))
    task.scheduled_at = moment
    session.flush()
    return task


def _pause_words(by_staff: bool, reason: str | None) -> str:
    if not by_staff:
        return gettext("Paused by the client. What had not left waits; resume it, or cancel it.")
    words = (reason or "").strip().rstrip(".")
    if not words:
        return gettext("Paused by staff. Only they can resume it; ask them under Support.")
    return gettext(
        "Paused by staff: %(reason)s. Only they can resume it; ask them under Support.", reason=words
    )
