"""What is due: the conditions, for the database to judge, under which a message may be taken and a lease is free."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, not_, or_, select
from sqlalchemy.orm import aliased

from app.gateways.errors import ErrorCode
from app.models import Account, AccountState, Message, MessageStatus, PumpLease, Route, Task, TaskState
from app.sending.dispatch.prepared import Moment

# The present, or its place in a statement that is built before it runs.
When = datetime | Moment

# No receipt after three days means that none will come.
_RECEIPTS_AWAITED: Final = timedelta(hours=72)

# Nothing is taken, and no route rests, for that long. What says so was written before the clock was set back: it has
# lapsed.
_BEYOND_ANY_LIFE: Final = timedelta(minutes=10)

# What left that far ahead left before the clock was set back; less is one machine's clock beside another's.
_AHEAD: Final = timedelta(minutes=5)

# A day has 25 hours when clocks go back. An end beyond that was written before the clock was set back.
LONGEST_DAY: Final = timedelta(hours=26)


_SURELY_UNSENT: Final = (
    ErrorCode.UNREACHABLE,
    ErrorCode.GATEWAY_SETTINGS,
    ErrorCode.THROTTLED,
    ErrorCode.CARRIER_BUSY,
    ErrorCode.QUEUE_FULL,
    ErrorCode.SYSTEM_ERROR,
    ErrorCode.NOT_SENT,
)


def has_lapsed(expires_at: Any, moment: When) -> ColumnElement[bool]:
    """The condition that a time written for the end of a lease or a claim is over."""
    return or_(expires_at <= moment, expires_at > moment + _BEYOND_ANY_LIFE)


def has_work(moment: When) -> ColumnElement[bool]:
    """The condition, on `Route`, that a running task has a message due that may go by it now."""
    return exists().where(
        or_(Task.route_id == Route.id, Task.route_id.in_(stood_in_for(moment))),
        Task.state == TaskState.RUNNING,
        Account.id == Task.account_id,
        Account.stopped_reason.is_(None),
        Account.state == AccountState.ACTIVE,
        Message.task_id == Task.id,
        *sends(moment),
        *due(moment),
        is_let(),
        may_go_by_route(),
    )


def awaits_receipts(moment: datetime) -> ColumnElement[bool]:
    """The condition, on `Route`, that a task of it has accepted messages, and moved not too long ago."""
    return exists().where(
        Task.route_id == Route.id, Task.accepted > 0, Task.changed_at > moment - _RECEIPTS_AWAITED
    )


def is_free(moment: When) -> ColumnElement[bool]:
    return or_(PumpLease.expires_at.is_(None), has_lapsed(PumpLease.expires_at, moment))


def due(moment: When) -> tuple[ColumnElement[bool], ...]:
    """The conditions on a message that it waits, and need not wait longer.

    One that was put off and was last sent in the future was put off before the clock was set back: its gap would last
    for as long as that was, so it is over.
    """
    return (
        Message.status == MessageStatus.QUEUED,
        or_(Message.not_before.is_(None), Message.not_before <= moment, Message.sent_at > moment + _AHEAD),
    )


def is_awake(route: Any, moment: When) -> ColumnElement[bool]:
    """The condition, on `Route` or an alias of it, that its breaker does not let it rest."""
    return or_(route.breaker_until.is_(None), has_lapsed(route.breaker_until, moment))


def rests(route: Route, moment: datetime) -> bool:
    """Whether the breaker lets the route rest; what `is_awake` asks the database."""
    until = route.breaker_until
    return until is not None and moment < until <= moment + _BEYOND_ANY_LIFE


def stood_in_for(moment: When) -> ScalarSelect[int]:
    """The routes of the same channel that cannot take anything now, and name `Route` for that."""
    other = aliased(Route)
    return (
        select(other.id)
        .where(
            other.fallback_route_id == Route.id,
            other.channel == Route.channel,
            or_(other.paused_reason.is_not(None), not_(is_awake(other, moment))),
        )
        .correlate(Route)
        .scalar_subquery()
    )


def may_go_by_route() -> ColumnElement[bool]:
    """The condition on a task's message that it may go by `Route`, the task's own or one that stands in."""
    return or_(Task.route_id == Route.id, may_change_route(Route.id))


def may_change_route(route_id: Any) -> ColumnElement[bool]:
    """The condition on a queued message that it surely has not left by another route than this.

    After a second try nobody can tell: a gateway that knows our references may have been asked twice in doubt.
    """
    return or_(
        Message.attempt == 0,
        Message.route_id == route_id,
        and_(Message.attempt == 1, Message.error_code.in_(_SURELY_UNSENT)),
    )


def sends(moment: When) -> tuple[ColumnElement[bool], ...]:
    """The conditions on a running task, its `Account` and `Route`: its time has not run out, no cap is reached."""
    return (
        or_(Task.send_before.is_(None), Task.send_before > moment),
        _has_room(Account, moment),
        _has_room(Route, moment),
        or_(
            Route.recipients_full_until.is_(None),
            Route.recipients_full_until <= moment,
            Route.recipients_full_until > moment + LONGEST_DAY,
        ),
    )


def _has_room(owner: type[Account] | type[Route], moment: When) -> ColumnElement[bool]:
    """The condition that its daily cap is not used up, or the day that was counted is over (see caps.py)."""
    return or_(
        owner.daily_cap.is_(None),
        owner.daily_used < owner.daily_cap,
        owner.daily_until.is_(None),
        owner.daily_until <= moment,
        owner.daily_until > moment + LONGEST_DAY,
    )


def is_let() -> ColumnElement[bool]:
    """The condition on a task's message that it need not wait for the task's canary."""
    return or_(Task.canary_last_id.is_(None), Message.id <= Task.canary_last_id)
