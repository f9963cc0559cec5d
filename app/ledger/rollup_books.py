"""The daily sums against the messages and tasks that they count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Integer, Select, cast, extract, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from app.ledger.comparison import Difference, of_account, total
from app.ledger.rollups import KEY, SUMS
from app.models import Message, MessageStatus, Money, Rollup, RollupMonth, Task

_STATUSES = tuple(status for status in MessageStatus if status in SUMS)


def rollup_differences(session: Session, account_id: int | None) -> Iterator[Difference]:
    """Every daily sum is what its messages and tasks make it; one without any is at nought."""
    sides = union_all(_messages(account_id), _tasks(account_id), _kept(account_id)).subquery()
    expected = [func.sum(sides.c[f"expected_{name}"]) for name in SUMS]
    found = [func.sum(sides.c[f"found_{name}"]) for name in SUMS]
    key = [sides.c[name] for name in KEY]
    pairs = list(zip(expected, found, strict=True))
    rows = session.execute(
        select(*key, *(side for pair in pairs for side in pair))
        .group_by(*key)
        .having(or_(*(left != right for left, right in pairs)))
        .order_by(*key)
    )
    for account, day, route_id, region, *sums in rows:
        for number, name in enumerate(SUMS):
            left, right = int(sums[2 * number]), int(sums[2 * number + 1])
            if left != right:
                where = f"{name} of {day}, route {route_id}, {region or 'tasks'}"
                yield Difference(account, None, where, left, right)


def month_differences(session: Session, account_id: int | None) -> Iterator[Difference]:
    """Every month's sum is that of its days, which `rollup_differences` proves."""
    days = _by_month(Rollup, Rollup.day, "expected", account_id)
    months = _by_month(RollupMonth, RollupMonth.month, "found", account_id)
    sides = union_all(days, months).subquery()
    key = [sides.c[name] for name in ("account_id", "number", "route_id", "region")]
    pairs = [(func.sum(sides.c[f"expected_{name}"]), func.sum(sides.c[f"found_{name}"])) for name in SUMS]
    rows = session.execute(
        select(*key, *(side for pair in pairs for side in pair))
        .group_by(*key)
        .having(or_(*(left != right for left, right in pairs)))
        .order_by(*key)
    )
    for account, number, route_id, region, *sums in rows:
        for place, name in enumerate(SUMS):
            left, right = int(sums[2 * place]), int(sums[2 * place + 1])
            if left != right:
                where = f"{name} of month {number}, route {route_id}, {region or 'tasks'}"
                yield Difference(account, None, where, left, right)


def _by_month(model: Any, day: Any, side: str, account_id: int | None) -> Select[Any]:
    """The sums as one side, nought as the other; a month is the number that its year and month are written as."""
    number = cast(extract("year", day) * 100 + extract("month", day), Integer).label("number")
    sums = {name: func.sum(getattr(model, name)) for name in SUMS}
    other = "found" if side == "expected" else "expected"
    halves = {side: _columns(sums, side), other: _columns({}, other)}
    return (
        select(model.account_id, number, model.route_id, model.region, *halves["expected"], *halves["found"])
        .where(of_account(model.account_id, account_id))
        .group_by(model.account_id, number, model.route_id, model.region)
    )


def _messages(account_id: int | None) -> Select[Any]:
    counts: dict[str, Any] = {
        "messages": func.count(),
        "segments": total(Message.segments),
        "price": total(Message.price),
        "charged": total(Message.price, Message.money.in_((Money.CHARGED, Money.REFUNDED))),
        "refunded": total(Message.price, Message.money == Money.REFUNDED),
        **{status.value: func.count().filter(Message.status == status) for status in _STATUSES},
    }
    return (
        select(
            Message.account_id,
            Task.day,
            Task.route_id,
            Message.region,
            *_columns(counts),
            *_columns({}, "found"),
        )
        .join(Task, Task.id == Message.task_id)
        .where(of_account(Message.account_id, account_id))
        .group_by(Message.account_id, Task.day, Task.route_id, Message.region)
    )


def _tasks(account_id: int | None) -> Select[Any]:
    return (
        select(
            Task.account_id,
            Task.day,
            Task.route_id,
            literal("").label("region"),
            *_columns({"tasks": func.count()}),
            *_columns({}, "found"),
        )
        .where(Task.day.is_not(None), of_account(Task.account_id, account_id))
        .group_by(Task.account_id, Task.day, Task.route_id)
    )


def _kept(account_id: int | None) -> Select[Any]:
    kept = {name: getattr(Rollup, name) for name in SUMS}
    return select(
        Rollup.account_id, Rollup.day, Rollup.route_id, Rollup.region, *_columns({}), *_columns(kept, "found")
    ).where(of_account(Rollup.account_id, account_id))


def _columns(values: dict[str, Any], side: str = "expected") -> list[Any]:
    """A column for every sum, nought for what this side has none of."""
    return [func.coalesce(values.get(name, literal(0)), 0).label(f"{side}_{name}") for name in SUMS]
