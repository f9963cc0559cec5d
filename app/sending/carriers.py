"""A route that goes to another carrier, or to another account there.

What may have left by it is known to the old one alone. The new one would take a message that is sent again for a new
one, and has never heard of what it is asked about. So what left before `Route.carrier_since` is neither sent again nor
asked about: it waits for its receipt, or for the set time after which it is released.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session, object_session

from app.clock import now
from app.models import Message, MessageStatus, PumpLease, Route, Task, TaskState
from app.sending.lookup import lock_tasks
from app.sending.settlement import apply_changes, call_off, finish_if_over, locked_messages

# One machine's clock may be ahead of another's: a message too many is in doubt, rather than one sent twice.
_CLOCKS_DIFFER: Final = timedelta(seconds=10)
_UNDER_WAY: Final = (TaskState.RUNNING, TaskState.PAUSED, TaskState.HELD)
_BATCH: Final = 1_000


def leave(session: Session, route_id: int) -> None:
    """Take the route from its pump, which would go on to the old carrier, and leave in doubt what waits to be sent
    there again.

    Takes locks in the house's order, so the caller has none yet.
    """
    session.execute(
        update(PumpLease)
        .where(PumpLease.route_id == route_id)
        .values(holder=None, fence=PumpLease.fence + 1, expires_at=now())
    )
    waiting = (Message.status == MessageStatus.QUEUED, Message.may_have_left.is_(True))
    under_way = select(Task.id).where(Task.route_id == route_id, Task.state.in_(_UNDER_WAY))
    # What is being recorded ends first, or waits for us.
    for task in lock_tasks(session, session.scalars(under_way).all()):
        of_task = select(Message.id).where(Message.task_id == task.id, *waiting).limit(_BATCH)
        while ids := session.scalars(of_task).all():
            apply_changes(session, task, [call_off(each) for each in locked_messages(session, ids, *waiting)])
        finish_if_over(session, task)


def since() -> datetime:
    """From when on the new carrier is the one that knows, told after the pump has lost the route."""
    return now() + _CLOCKS_DIFFER


def knows(task: Task, sent_at: datetime | None) -> bool:
    """Whether the carrier of a locked task's route is today the one that a message left to at that time."""
    session = object_session(task)
    assert session is not None
    # Asked anew: what was read together with the task may be older than its lock.
    last_moved = session.scalar(select(Route.carrier_since).where(Route.id == task.route_id))
    return last_moved is None or (sent_at is not None and sent_at > last_moved)


def is_known() -> ColumnElement[bool]:
    """The same of `Message` and its `Route`, for the database to judge."""
    return or_(Route.carrier_since.is_(None), Message.sent_at > Route.carrier_since)
