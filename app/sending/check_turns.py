"""Accounts take turns at having drafts checked, so that one with ten slow files does not hold up the others.

A job on the queue is a turn of the worker's, not of its draft. Where another account waits that was served longer ago
(by when its last check began), its oldest draft is checked instead, and the job's own goes to the back. So a draft
waits for at most one check of every other account, and for those of its own account. Who was served when is in Redis:
without it, it is first come, first served. A draft whose turn was lost is found by the ticker, as any is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, cast

import structlog
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.models import Task, TaskState
from app.queues import connection, enqueue, withdraw

log = structlog.get_logger()

JOB: Final = "jobs.intake.check"
_SERVED: Final = "carillon:checks:served"  # account id → when its last check began, in seconds
_REMEMBERED: Final = timedelta(hours=1)


def take_turn(session: Session, task_id: int) -> int:
    """The draft to be checked now by the job that was queued for `task_id`; notes whose turn that was."""
    own = session.execute(select(Task.account_id, Task.state).where(Task.id == task_id)).first()
    if own is None or own.state != TaskState.CHECKING:
        return task_id
    waiting = _waiting(session, own.account_id)
    session.rollback()
    try:
        turn, account_id = _choose(task_id, own.account_id, waiting)
        _note(account_id)
    except RedisError as error:
        log.warning("check_turns_unknown", error=str(error))
        return task_id
    if turn != task_id:
        enqueue(JOB, task_id)  # first: whatever happens to us from here on, it is asked for
        withdraw(JOB, turn)
    return turn


def _waiting(session: Session, account_id: int) -> dict[int, int]:
    """The oldest draft of every other account that waits for its first check, by account."""
    rows = session.execute(
        select(Task.account_id, func.min(Task.id).label("task_id"))
        .where(Task.state == TaskState.CHECKING, Task.check_attempts == 0, Task.account_id != account_id)
        .group_by(Task.account_id)
    )
    return {row.account_id: row.task_id for row in rows}


def _choose(task_id: int, account_id: int, waiting: dict[int, int]) -> tuple[int, int]:
    """A draft and its account: the one that was served longest ago; in doubt the job's own."""
    if not waiting:
        return task_id, account_id
    accounts = [account_id, *sorted(waiting, key=lambda each: waiting[each])]
    stored = cast(list[Any], connection().hmget(_SERVED, [str(each) for each in accounts]))
    served = {each: float(when or 0) for each, when in zip(accounts, stored, strict=True)}
    first = min(accounts, key=lambda each: served[each])
    return (task_id if first == account_id else waiting[first]), first


def _note(account_id: int) -> None:
    redis = connection()
    redis.hset(_SERVED, str(account_id), str(now().timestamp()))
    redis.expire(_SERVED, _REMEMBERED)
