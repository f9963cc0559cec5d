"""Accounts take turns at having drafts checked and files read: one with ten slow ones does not hold up the others.

A job on the queue is a turn of the worker's, not of what it was asked for. Where another account waits that was served
longer ago (by when its last turn began), its oldest work is done instead, and the job's own goes to the back. So an
account waits for at most one turn of every other account, and for its own. Who was served when is in Redis: without
it, it is first come, first served. Work whose turn was lost is found by the ticker, as any is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, NamedTuple, cast

import structlog
from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.models import ListState, RecipientList, SuppressionUpload, Task, TaskState, UploadState
from app.queues import connection, enqueue, withdraw

log = structlog.get_logger()

_SERVED: Final = "carillon:checks:served"  # account id → when its last turn began, in seconds
_REMEMBERED: Final = timedelta(hours=1)
_STAFF: Final = 0  # stands for an account where staff upload for all


class Turn(NamedTuple):
    """A job of the queue `intake`, and what it is about."""

    job: str
    subject_id: int


class _Work(NamedTuple):
    subject: Any
    waits: ColumnElement[bool]
    attempts: Any


# What waits first of an account that has several kinds of it: a draft, since somebody looks on.
_WORK: Final = {
    "jobs.intake.check": _Work(Task, Task.state == TaskState.CHECKING, Task.check_attempts),
    "jobs.lists.read_suppressions": _Work(
        SuppressionUpload, SuppressionUpload.state == UploadState.READING, SuppressionUpload.attempts
    ),
    "jobs.lists.read_list": _Work(
        RecipientList, RecipientList.state == ListState.READING, RecipientList.attempts
    ),
}


def take_turn(session: Session, job: str, subject_id: int) -> Turn:
    """What is to be done now by the job that was queued for `subject_id`; notes whose turn that was."""
    own, work = Turn(job, subject_id), _WORK[job]
    account_id = session.scalar(
        select(_account_of(work.subject)).where(work.subject.id == subject_id, work.waits)
    )
    if account_id is None:
        return own  # nothing is left to do
    waiting = _waiting(session, account_id)
    session.rollback()
    try:
        turn, served = _choose(own, account_id, waiting)
        _note(served)
    except RedisError as error:
        log.warning("intake_turns_unknown", error=str(error))
        return own
    if turn != own:
        enqueue(*own)  # first: whatever happens to us from here on, it is asked for
        withdraw(*turn)
    return turn


def _account_of(subject: Any) -> ColumnElement[int]:
    return func.coalesce(subject.account_id, _STAFF)


def _waiting(session: Session, account_id: int) -> dict[int, Turn]:
    """The oldest work of every other account that waits for its first turn, by account."""
    found: dict[int, Turn] = {}
    for job, work in _WORK.items():
        account = _account_of(work.subject)
        rows = session.execute(
            select(account, func.min(work.subject.id))
            .where(work.waits, work.attempts == 0, account != account_id)
            .group_by(account)
        )
        for other_id, subject_id in rows:
            found.setdefault(other_id, Turn(job, subject_id))
    return found


def _choose(own: Turn, account_id: int, waiting: dict[int, Turn]) -> tuple[Turn, int]:
    """A turn and its account: the one that was served longest ago; in doubt the job's own."""
    if not waiting:
        return own, account_id
    accounts = [account_id, *sorted(waiting, key=lambda each: waiting[each].subject_id)]
    stored = cast(list[Any], connection().hmget(_SERVED, [str(each) for each in accounts]))
    served = {each: float(when or 0) for each, when in zip(accounts, stored, strict=True)}
    first = min(accounts, key=lambda each: served[each])
    return (own if first == account_id else waiting[first]), first


def _note(account_id: int) -> None:
    redis = connection()
    redis.hset(_SERVED, str(account_id), str(now().timestamp()))
    redis.expire(_SERVED, _REMEMBERED)
