"""What is due: the conditions, for the database to judge, under which a message may be taken and a lease is free."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, or_, true

from app.models import Account, AccountState, Message, MessageStatus, PumpLease, Route, Task, TaskState

# No receipt after three days means that none will come.
_RECEIPTS_AWAITED: Final = timedelta(hours=72)

# Nothing is taken for that long. What says so was written before the clock was set back, and has lapsed.
_BEYOND_ANY_LIFE: Final = timedelta(minutes=10)


def has_lapsed(expires_at: Any, moment: datetime) -> ColumnElement[bool]:
    """The condition that a time written for the end of a lease or a claim is over."""
    return or_(expires_at <= moment, expires_at > moment + _BEYOND_ANY_LIFE)


def has_work(moment: datetime) -> ColumnElement[bool]:
    """The condition, on `Route`, that a running task of it has a message due."""
    return exists().where(
        Task.route_id == Route.id,
        Task.state == TaskState.RUNNING,
        Account.id == Task.account_id,
        Account.stopped_reason.is_(None),
        Account.state == AccountState.ACTIVE,
        Message.task_id == Task.id,
        *sends(moment),
        *due(moment),
        is_let(),
    )


def awaits_receipts(moment: datetime) -> ColumnElement[bool]:
    """The condition, on `Route`, that a task of it has accepted messages, and moved not too long ago."""
    return exists().where(
        Task.route_id == Route.id, Task.accepted > 0, Task.changed_at > moment - _RECEIPTS_AWAITED
    )


def is_free(moment: datetime) -> ColumnElement[bool]:
    return or_(PumpLease.expires_at.is_(None), has_lapsed(PumpLease.expires_at, moment))


def due(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Message.status == MessageStatus.QUEUED,
        or_(Message.not_before.is_(None), Message.not_before <= moment),
    )


def sends(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    """The conditions on a running task that its time has not run out."""
    return (or_(Task.send_before.is_(None), Task.send_before > moment),)


def is_let() -> ColumnElement[bool]:
    """The condition on a task's message that it need not wait for the task's canary."""
    return or_(Task.canary_last_id.is_(None), Message.id <= Task.canary_last_id)


def up_to(last_id: int | None) -> ColumnElement[bool]:
    return true() if last_id is None else Message.id <= last_id
