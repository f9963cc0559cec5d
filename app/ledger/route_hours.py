"""The hourly sums of what became of a route's messages, and its pace, moved in the transaction that moves them.

Transactions of all accounts write the same few rows, so they do it last of all, in one order: they come after the
daily sums in the house's order of locks, and nobody waits for anything else while holding them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Table, case
from sqlalchemy.orm import Session

from app.database import before_commit
from app.gateways.errors import ErrorCode
from app.ledger.adding import add, insert_on
from app.models import FigureKind, MessageStatus, RouteHour, RouteOutcome, RoutePace

_M = MessageStatus

# Where messages stand that have left, or may have.
OUT: Final = frozenset({_M.ACCEPTED, _M.DELIVERED, _M.FAILED, _M.IN_DOUBT})
_TROUBLED: Final = frozenset({_M.FAILED, _M.IN_DOUBT})

# The longest times, in seconds, that receipts are counted by; the last is "longer".
RECEIPT_STEPS: Final = (1, 2, 3, 5, 8, 13, 21, 34, 60, 120, 300, 600, 1_800, 3_600, 21_600, 86_400)
LONGER: Final = "longer"

WINDOW_SECONDS: Final = 5
WINDOWS: Final = 16

_NEVER_LEFT: Final = frozenset({ErrorCode.NOT_SENT, ErrorCode.INTERRUPTED})

Key = tuple[int, int, str, str, str]  # route, hour, kind, region, name


class Stand(NamedTuple):
    """What is counted of a message: its status, its code, and when it became final (UTC), each where it has one."""

    status: MessageStatus
    code: str | None
    final_at: datetime | None


@dataclass
class Pending:
    """What the transaction has gathered: by the rows' keys, how much they change."""

    hours: Counter[Key] = field(default_factory=Counter)
    outcomes: Counter[tuple[int, str]] = field(default_factory=Counter)
    answered: Counter[tuple[int, int]] = field(default_factory=Counter)  # by route and window


def count_move(
    session: Session,
    route_id: int,
    region: str,
    sent_at: datetime | None,
    was: Stand,
    becomes: Stand,
    moment: datetime,
    messages: int = 1,
) -> None:
    """Count one move of `messages` sent in one moment, at `moment`; what never left counts for nothing.

    Needs `write_transaction`.
    """
    if sent_at is None:
        return
    pending = before_commit(session, _write, Pending)
    left = sent_at.timestamp()
    hour = int(left) // 3600
    for stand, change in ((was, -messages), (becomes, messages)):
        if stand.status in OUT:
            pending.hours[route_id, hour, FigureKind.STATUS, region, stand.status] += change
            if stand.code is not None and stand.status in _TROUBLED:
                pending.hours[route_id, hour, FigureKind.ERROR, region, stand.code] += change
            elif stand.status is _M.DELIVERED and stand.final_at is not None:
                step = receipt_step(int(stand.final_at.timestamp()) - int(left))
                pending.hours[route_id, hour, FigureKind.RECEIPT, region, step] += change
    outcome = _outcome(was.status, becomes)
    if outcome is not None:
        pending.outcomes[route_id, outcome] += messages
        if was.status is _M.SENDING:
            pending.answered[route_id, int(moment.timestamp()) // WINDOW_SECONDS] += messages


def receipt_step(seconds: int) -> str:
    """The name under which a receipt counts that came after so many seconds, whole ones by the clock."""
    return next((str(step) for step in RECEIPT_STEPS if seconds <= step), LONGER)


def _outcome(was: MessageStatus, becomes: Stand) -> str | None:
    """What has just been learned of the message; None for nothing that the gateway said."""
    status, code = becomes.status, becomes.code
    if code in _NEVER_LEFT or was not in (_M.SENDING, _M.IN_DOUBT, _M.ACCEPTED):
        return None
    if was is _M.SENDING:
        return {_M.FAILED: "refused", _M.QUEUED: "deferred", _M.CANCELLED: "deferred"}.get(
            status, status.value
        )
    return status.value if status in OUT else None


def _write(session: Session, pending: Pending) -> None:
    _add(
        session,
        RouteHour.__table__,
        ("route_id", "hour", "kind", "region", "name"),
        [
            dict(zip(("route_id", "hour", "kind", "region", "name", "messages"), (*key, change), strict=True))
            for key, change in sorted(pending.hours.items())
            if change
        ],
    )
    _add(
        session,
        RouteOutcome.__table__,
        ("route_id", "outcome"),
        [
            {"route_id": route_id, "outcome": outcome, "messages": change}
            for (route_id, outcome), change in sorted(pending.outcomes.items())
        ],
    )
    _add(
        session,
        RoutePace.__table__,
        ("route_id", "slot"),
        [
            {"route_id": route_id, "slot": window % WINDOWS, "window": window, "messages": change}
            for (route_id, window), change in sorted(pending.answered.items())
        ],
    )


def _add(session: Session, table: Any, key: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    """Add to the rows, or make them; a ring's slot that an older window used begins anew."""
    if not rows:
        return
    if "window" in table.c:
        session.execute(_in_ring(session.get_bind().dialect.name, table, key), rows)
    else:
        add(session, table, key, ("messages",), rows)


@cache
def _in_ring(dialect: str, table: Table, key: tuple[str, ...]) -> Any:
    """An answer that was written down late by a slow transaction must not undo a newer window."""
    statement = insert_on(dialect, table)
    new, old = statement.excluded, table.c
    added = {
        "messages": case(
            (old.window == new.window, old.messages + new.messages),
            (old.window < new.window, new.messages),
            else_=old.messages,
        ),
        "window": case((old.window < new.window, new.window), else_=old.window),
    }
    return statement.on_conflict_do_update(index_elements=key, set_=added)
