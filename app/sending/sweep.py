"""What a lost job, a dead worker or a machine that was down left behind, found in the database alone.

Every function may run on many machines at once, at any time: each change is a compare-and-set. Each wants a
transaction of its own, since it begins anew in the house's order of locks.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, TextClause, select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.database import insert_new
from app.errors import InvalidMove
from app.language import gettext, mark
from app.models import Account, AccountState, Chore, Message, MessageStatus, Task, TaskState
from app.models.message import HELD_OUT, UNANSWERED
from app.sending import carriers, out_of_date, task_notices
from app.sending.dispatch import gateway_log
from app.sending.dispatch.due import has_lapsed
from app.sending.dispatch.retries import OWN_FAILURES_SPARED
from app.sending.judging_again import Look
from app.sending.lookup import lock_tasks
from app.sending.settlement import (
    Change,
    LockedMessage,
    apply_changes,
    call_off,
    change_of,
    finish_if_over,
    locked_messages,
)
from app.sending.states import move_task
from app.sending.suppressed import leave_out_suppressed

_M = MessageStatus

BATCH: Final = 1_000
STALE_CHECK: Final = timedelta(seconds=20)
_SET_BACK: Final = timedelta(minutes=5)  # a chore done that far ahead was done before the clock was set back

INTERRUPTED: Final = "interrupted"
NO_RECEIPT: Final = "no_receipt"
TOO_LATE: Final = "too_late"
_TOO_LATE_WORDS: Final = mark("The time to send before has passed. What had not left was released.")


def start_due(session: Session, late_start: timedelta, until: datetime | None = None) -> list[int]:
    """Start scheduled tasks whose time has come, by the clock or by `until` if that is less; returns their routes.

    One that is overdue by more than `late_start` (the machine was down) pauses and asks its owner instead of sending
    at an hour that nobody chose. One of a suspended account pauses too, and one whose WhatsApp template cannot be sent
    as it was accepted. One that breaks a rule by now is held.
    """
    moment = now()
    until = min(moment, until or moment)
    due = session.execute(
        select(Task.id, Task.route_id, Task.scheduled_at, Account.state.label("account_state"))
        .join(Account, Account.id == Task.account_id)
        .where(Task.state == TaskState.SCHEDULED, Task.scheduled_at <= until)
        .order_by(Task.id)
        .limit(BATCH)
        .with_for_update(of=Task, skip_locked=True)  # one that is being moved to another time is not due
    ).all()
    routes = []
    look = Look(session)
    for task in due:
        try:
            problem = out_of_date.template_problem(session, session.get_one(Task, task.id))
            if task.account_state != AccountState.ACTIVE:
                words = gettext("The set time came while the account was suspended. Resume it, or cancel it.")
                _pause(session, task.id, words)
            elif problem is not None:
                _pause(session, task.id, problem)
            elif not look.may_start(task.id):
                continue
            elif until - task.scheduled_at > late_start:
                words = gettext("The set time passed while the service was down. Resume it, or cancel it.")
                _pause(session, task.id, words)
            else:
                move_task(session, task.id, {TaskState.SCHEDULED}, TaskState.RUNNING, started_at=moment)
                leave_out_suppressed(session, task.id)
                routes.append(task.route_id)
        except InvalidMove:
            continue  # cancelled, or started by another ticker, in this very moment
    return routes


def _pause(session: Session, task_id: int, words: str) -> None:
    move_task(session, task_id, {TaskState.SCHEDULED}, TaskState.PAUSED, state_reason=words)
    task_notices.tell_paused(session, task_id)


def doubt_lapsed_sends(session: Session, resend_routes: frozenset[int]) -> int:
    """Fenced messages whose pump went away: nobody knows whether they left. Returns how many.

    On `resend_routes`, whose gateways recognise our reference, they are sent again, though not for ever: it may be the
    message that ends our workers. Elsewhere they are in doubt.
    """
    lapsed = (UNANSWERED, Message.status == _M.SENDING, has_lapsed(Message.claim_expires_at, now()))
    by_task = _ids_by_task(session, *lapsed, order=Message.claim_expires_at)
    for task in lock_tasks(session, by_task):
        resend = task.route_id in resend_routes and task.state != TaskState.CANCELLED
        messages = locked_messages(session, by_task[task.id], *lapsed)
        apply_changes(
            session,
            task,
            [_resent(each) if resend and _may_go_again(task, each) else _doubted(each) for each in messages],
        )
        gateway_log.keep_interrupted(session, task.id, messages, INTERRUPTED)
        finish_if_over(session, task)
    return sum(map(len, by_task.values()))


def _may_go_again(task: Task, message: LockedMessage) -> bool:
    return (
        message.route_id == task.route_id
        and message.own_failures < OWN_FAILURES_SPARED
        and carriers.knows(task, message.sent_at)
    )


def _resent(message: LockedMessage) -> Change:
    return change_of(message, _M.QUEUED, error_code=INTERRUPTED, may_have_left=True, our_failure=True)


def _doubted(message: LockedMessage) -> Change:
    return change_of(message, _M.IN_DOUBT, error_code=INTERRUPTED)


def release_old_doubts(session: Session, after: timedelta) -> int:
    """In doubt for so long that no receipt will come: the client does not pay, and nobody is texted twice.

    The same for a message that is only charged when delivered and was never heard of. Returns how many.
    """
    old = (HELD_OUT, Message.sent_at <= now() - after)
    by_task = _ids_by_task(session, *old, order=Message.sent_at)
    for task in lock_tasks(session, by_task):
        changes = [
            change_of(message, _M.FAILED, error_code=NO_RECEIPT)
            for message in locked_messages(session, by_task[task.id], *old)
        ]
        apply_changes(session, task, changes)
        finish_if_over(session, task)
    return sum(map(len, by_task.values()))


def release_too_late(session: Session) -> int:
    """Release what has not left of tasks whose time to send has run out. Returns how many messages."""
    has_run_out = (Task.state.in_((TaskState.RUNNING, TaskState.PAUSED)), Task.send_before <= now())
    tasks = session.scalars(select(Task.id).where(*has_run_out)).all()
    if not tasks:
        return 0
    waiting = (Message.task_id.in_(tasks), Message.status == _M.QUEUED)
    by_task = _ids_by_task(session, *waiting, order=Message.task_id)
    late = (Message.status == _M.QUEUED, Message.task_id.in_(select(Task.id).where(*has_run_out)))
    for task in lock_tasks(session, by_task):
        changes = [
            call_off(message, TOO_LATE) for message in locked_messages(session, by_task[task.id], *late)
        ]
        apply_changes(session, task, changes)
        finish_if_over(session, task, reason=gettext(_TOO_LATE_WORDS))
    return sum(map(len, by_task.values()))


def stale_checks(session: Session) -> list[int]:
    """Drafts whose check has not moved for a while: its job was lost, or died."""
    return list(
        session.scalars(
            select(Task.id)
            .where(Task.state == TaskState.CHECKING, Task.changed_at <= now() - STALE_CHECK)
            .order_by(Task.id)
            .limit(100)
        )
    )


def touch_check(session: Session, task_id: int) -> None:
    """Note that a stale check was asked for again, so that the next look does not ask at once."""
    session.execute(update(Task).where(Task.id == task_id).values(changed_at=now()))


def claim_chore(session: Session, name: str, every: timedelta) -> bool:
    """Whether the chore is due, and now ours to do. One of many tickers gets True."""
    moment = now()
    # The first time is a period from now.
    insert_new(session, Chore.__table__, [{"name": name, "done_at": moment}])  # type: ignore[arg-type]
    chore = session.get_one(Chore, name, with_for_update=True)
    if -_SET_BACK < moment - chore.done_at < every:
        return False
    chore.done_at = moment
    return True


def _ids_by_task(
    session: Session, *conditions: ColumnElement[bool] | TextClause, order: Any = Message.id
) -> dict[int, list[int]]:
    """A batch of them. Ordered by the id where an index does not give that, a planner may read all messages."""
    rows = session.execute(
        select(Message.id, Message.task_id).where(*conditions).order_by(order).limit(BATCH)
    ).all()
    found: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        found[row.task_id].append(row.id)
    return found
