"""The hourly sums of routes against the messages that they count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.ledger.comparison import Difference, total
from app.ledger.route_hours import LONGER, OUT, RECEIPT_STEPS
from app.models import FigureKind, Message, MessageStatus, RouteHour

_M = MessageStatus


def route_hour_differences(session: Session) -> Iterator[Difference]:
    """Every hourly sum of every route is what the messages make it; one without any is at nought.

    They belong to no account: what differs stops nobody.
    """
    dialect = session.get_bind().dialect.name
    sides = union_all(*_messages(dialect), _kept()).subquery()
    key = [sides.c[name] for name in ("route_id", "hour", "kind", "region", "name")]
    expected, found = total(sides.c.expected), total(sides.c.found)
    rows = session.execute(
        select(*key, expected, found).group_by(*key).having(expected != found).order_by(*key)
    )
    for route_id, hour, kind, region, name, *sums in rows:
        what = f"{kind} {name} of route {route_id}, hour {hour}, {region}"
        yield Difference(None, None, what, int(sums[0]), int(sums[1]))


def _messages(dialect: str) -> list[Select[Any]]:
    """What the messages make, of each kind, from sums that are made in one pass over all of them."""
    seen = _seen(dialect)
    steps = case(*((seen.c.took <= step, str(step)) for step in RECEIPT_STEPS), else_=LONGER)
    return [
        _counted(seen, FigureKind.STATUS, seen.c.status),
        _counted(seen, FigureKind.ERROR, seen.c.error_code),
        _counted(seen, FigureKind.RECEIPT, case((seen.c.took.is_not(None), steps))),
    ]


def _seen(dialect: str) -> CTE:
    """How many messages count alike, in one pass: few sums, however many messages there are.

    The 0 keeps SQLite from reading them by an index on the route, in an order that is none of the table's.
    """
    sent, final = _seconds(Message.sent_at, dialect), _seconds(Message.final_at, dialect)
    came = and_(Message.status == _M.DELIVERED, Message.final_at.is_not(None))
    key: list[Any] = [
        (Message.route_id + 0).label("route_id"),
        (sent // 3600).label("hour"),
        Message.region,
        Message.status,
        case((Message.status.in_((_M.FAILED, _M.IN_DOUBT)), Message.error_code)).label("error_code"),
        case((came, final - sent)).label("took"),
    ]
    counted = Message.sent_at.is_not(None), Message.status.in_(sorted(OUT))
    return select(*key, func.count().label("messages")).where(*counted).group_by(*key).cte("seen")


def _counted(seen: CTE, kind: FigureKind, name: ColumnElement[Any]) -> Select[Any]:
    """How many messages of each route, hour and country there are by `name`, where they have one."""
    return (
        select(
            seen.c.route_id,
            seen.c.hour,
            literal(kind.value).label("kind"),
            seen.c.region,
            name.label("name"),
            func.sum(seen.c.messages).label("expected"),
            literal(0).label("found"),
        )
        .where(name.is_not(None))
        .group_by(seen.c.route_id, seen.c.hour, seen.c.region, name)
    )


def _kept() -> Select[Any]:
    columns: list[Any] = [
        RouteHour.route_id,
        RouteHour.hour,
        RouteHour.kind,
        RouteHour.region,
        RouteHour.name,
        literal(0).label("expected"),
        RouteHour.messages.label("found"),
    ]
    return select(*columns)


def _seconds(moment: InstrumentedAttribute[Any], dialect: str) -> ColumnElement[int]:
    """Whole seconds since 1970, cut off as Python's int() does, not rounded."""
    if dialect == "sqlite":
        return func.unixepoch(func.substr(moment, 1, 19), type_=BigInteger)
    return cast(func.floor(func.extract("epoch", moment)), BigInteger)
