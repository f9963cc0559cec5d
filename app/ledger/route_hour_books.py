"""The hourly sums of routes against the messages that they count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, case, cast, func, literal, select, union_all
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
    sent, final = _seconds(Message.sent_at, dialect), _seconds(Message.final_at, dialect)
    steps = case(*((final - sent <= step, str(step)) for step in RECEIPT_STEPS), else_=LONGER)
    troubled = (Message.status.in_((_M.FAILED, _M.IN_DOUBT)), Message.error_code.is_not(None))
    delivered = (Message.status == _M.DELIVERED, Message.final_at.is_not(None))
    return [
        _counted(FigureKind.STATUS, Message.status, sent, Message.status.in_(sorted(OUT))),
        _counted(FigureKind.ERROR, Message.error_code, sent, *troubled),
        _counted(FigureKind.RECEIPT, steps, sent, *delivered),
    ]


def _counted(
    kind: FigureKind, name: Any, sent: ColumnElement[int], *where: ColumnElement[bool]
) -> Select[Any]:
    """How many messages of each route, hour and country there are by `name`."""
    hour = (sent // 3600).label("hour")
    named = name.label("name")
    return (
        select(
            Message.route_id,
            hour,
            literal(kind.value).label("kind"),
            Message.region,
            named,
            func.count().label("expected"),
            literal(0).label("found"),
        )
        .where(Message.sent_at.is_not(None), *where)
        .group_by(Message.route_id, hour, Message.region, named)
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
        return cast(func.strftime("%s", func.substr(moment, 1, 19)), BigInteger)
    return cast(func.floor(func.extract("epoch", moment)), BigInteger)
