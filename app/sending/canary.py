"""The canary: a large task sends to a few first, and goes on only when these went well.

What is beyond the first few is simply not due (see `app.sending.dispatch.due`) until they have been judged. Whoever
resumes a task that the canary paused has decided, and all of it goes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.language import gettext, thousands
from app.models import Message, MessageStatus, Task, TaskState
from app.queues import enqueue_after_commit
from app.sending import task_notices
from app.sending.lookup import lock_task
from app.sending.states import move_task

SIZE: Final = 20
ABOVE: Final = 500  # recipients; a smaller task is all canary

_M = MessageStatus
_UNSENT: Final = frozenset({_M.QUEUED, _M.SENDING})


@dataclass(frozen=True)
class Flight:
    """How the first few stand. `last_sent` is when the latest of them left (UTC)."""

    counts: dict[str, int]
    last_sent: datetime | None

    @property
    def size(self) -> int:
        return sum(self.counts.values())

    @property
    def unsent(self) -> int:
        return sum(self.counts.get(status, 0) for status in _UNSENT)

    @property
    def lost(self) -> int:
        """Failed, or in doubt: of neither can it be said that it went well."""
        return self.counts.get(_M.FAILED, 0) + self.counts.get(_M.IN_DOUBT, 0)

    @property
    def unheard(self) -> int:
        """Accepted by the gateway, and no receipt yet."""
        return self.counts.get(_M.ACCEPTED, 0)


def choose(session: Session, task: Task) -> None:
    """Mark the first few of a task whose messages have just been queued, where it wants that and is large enough."""
    if not task.wants_canary or task.total <= ABOVE:
        return
    nth = select(Message.id).where(Message.task_id == task.id).order_by(Message.id).offset(SIZE - 1).limit(1)
    session.execute(
        update(Task)
        .where(Task.id == task.id)
        .values(canary_last_id=nth.scalar_subquery(), changed_at=Task.changed_at)
    )


def judge_all(session: Session, most_lost: float, patience: timedelta) -> None:
    """Look at every running task's canary: let the rest follow, or pause the task and ask its owner.

    More than `most_lost` (a share of one) failed or in doubt is too many. Without receipts they are judged once they
    have left; with them, once enough have come, or `patience` after the last one left.
    """
    waiting = select(Task.id).where(Task.state == TaskState.RUNNING, Task.canary_last_id.is_not(None))
    for task_id in session.scalars(waiting.order_by(Task.id)).all():
        task = lock_task(session, task_id)
        if task.state == TaskState.RUNNING and task.canary_last_id is not None:
            _judge(session, task, most_lost, patience)


def flight(session: Session, task: Task) -> Flight | None:
    """How the canary stands; None where there is none, or it has been judged."""
    if task.canary_last_id is None:
        return None
    rows: Sequence[tuple[str, int, datetime | None]] = [
        (row[0], row[1], row[2])
        for row in session.execute(
            select(Message.status, func.count(), func.max(Message.sent_at))
            .where(Message.task_id == task.id, Message.id <= task.canary_last_id)
            .group_by(Message.status)
        )
    ]
    sent = [row[2] for row in rows if row[2] is not None]
    return Flight({row[0]: row[1] for row in rows}, max(sent, default=None))


def _judge(session: Session, task: Task, most_lost: float, patience: timedelta) -> None:
    first = flight(session, task)
    assert first is not None
    if first.lost > most_lost * first.size:
        words = gettext(
            "Of the first %(size)s, %(lost)s failed or are in doubt, so the other %(total)s "
            "wait. Look at the reasons below, then resume it, or cancel it.",
            size=first.size,
            lost=first.lost,
            total=thousands(task.total - first.size),
        )
        move_task(
            session, task.id, {TaskState.RUNNING}, TaskState.PAUSED, state_reason=words, canary_last_id=None
        )
        task_notices.tell_paused(session, task.id)
    elif _went_well(task, first, most_lost, patience):
        session.execute(update(Task).where(Task.id == task.id).values(canary_last_id=None, changed_at=now()))
        enqueue_after_commit(session, "jobs.dispatch.pump", task.route_id)


def _went_well(task: Task, first: Flight, most_lost: float, patience: timedelta) -> bool:
    """Whether enough is known: the rest of them could all fail, or no more is to be heard."""
    if first.lost + first.unheard + first.unsent <= most_lost * first.size:
        return True
    if first.unsent:
        return False
    return not task.route.gives_reports or first.last_sent is None or now() - first.last_sent > patience
