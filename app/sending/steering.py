"""Pause, resume, cancel: what may be done with a task once it was submitted, by its owner and by staff.

Each takes the task's lock first, so that it never meets a pump, a receipt or a sweep half-way.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import NotAllowed
from app.models import Account, AccountState, Message, MessageStatus, Task, TaskState
from app.queues import enqueue_after_commit
from app.sending.lookup import lock_task, task_of
from app.sending.settlement import cancel_unsent, finish_if_over
from app.sending.states import move_task
from app.sending.suppressed import leave_out_suppressed

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
    return_claimed(session, task.id)
    return lock_task(session, task.id)


def resume(session: Session, account_id: int, public_id: str, *, by_staff: bool = False) -> Task:
    """Let a paused task go on, at once, also one whose set time has passed.

    Numbers suppressed meanwhile are left out. Raises NotFound, InvalidMove when it is not paused, NotAllowed for a
    suspended or closed account, and for a client where staff paused it.
    """
    task = lock_task(session, task_of(session, account_id, public_id).id)
    state = session.scalar(select(Account.state).where(Account.id == account_id))
    if state != AccountState.ACTIVE:
        whose = "Restore the account first." if by_staff else "Contact support."
        raise NotAllowed(f"This account is {state}, so nothing can be resumed. {whose}")
    if task.state == TaskState.PAUSED and task.paused_by_staff and not by_staff:
        raise NotAllowed("Staff paused this task, so only they can let it go on. Ask them under Support.")
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
    """Stop a task and release what has not left yet; what is on the wire finishes and settles.

    Raises NotFound, and InvalidMove for a task that is over.
    """
    task = lock_task(session, task_of(session, account_id, public_id).id)
    if task.state == TaskState.CANCELLED:
        return task
    whom = "staff" if by_staff else "the client"
    move_task(
        session,
        task.id,
        CANCELLABLE,
        TaskState.CANCELLED,
        state_reason=f"Cancelled by {whom}. What had not left was released.",
        paused_by_staff=False,
        finished_at=now(),
    )
    cancel_unsent(session, task)
    return lock_task(session, task.id)


def return_claimed(session: Session, task_id: int) -> None:
    """Back to the queue with what a pump took and has not fenced: its fence will not find it any more.

    The caller holds the task's lock.
    """
    claimed = (
        select(Message.id)
        .where(Message.task_id == task_id, Message.status == MessageStatus.CLAIMED)
        .order_by(Message.id)
        .with_for_update(of=Message)
    )
    ids = session.scalars(claimed).all()
    if ids:
        session.execute(
            update(Message)
            .where(Message.task_id == task_id, Message.status == MessageStatus.CLAIMED)
            .values(status=MessageStatus.QUEUED, claim=None, claim_expires_at=None)
            .execution_options(synchronize_session=False)
        )


def _pause_words(by_staff: bool, reason: str | None) -> str:
    if not by_staff:
        return "Paused by the client. What had not left waits; resume it, or cancel it."
    because = f": {reason.strip().rstrip('.')}." if reason and reason.strip() else "."
    return f"Paused by staff{because} They can let it go on; ask them under Support."
