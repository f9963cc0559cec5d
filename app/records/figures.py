"""An account's use, from the daily sums: as quick for ten million messages as for ten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, Subquery, func, select, union_all
from sqlalchemy.orm import Session

from app.models import Rollup, RollupMonth, Route
from app.records.periods import Period
from app.sending.drafting.countries import country_name

_MOST_DAYS = 92  # of a plot by day; a longer period is drawn by month
PACE_DAYS = 14


@dataclass(frozen=True, slots=True)
class Use:
    """What one day, route, country or all of them came to. `cost` is millicredits charged and not refunded."""

    tasks: int = 0
    messages: int = 0
    sent: int = 0
    failed: int = 0
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """The use by one route or country; `key` is the route's id or the country's region."""

    key: str
    words: str
    use: Use


@dataclass(frozen=True, slots=True)
class Figures:
    """A period's use in all, day by day without gaps, and by route and country, the dearest first.

    With `by_month`, `days` are months, each by its first day.
    """

    total: Use
    days: Sequence[tuple[date, Use]]
    by_month: bool
    routes: Sequence[Share]
    countries: Sequence[Share]


_COLUMNS = ("tasks", "messages", "accepted", "delivered", "failed", "charged", "refunded")


def figures(session: Session, account_id: int, period: Period, today: date) -> Figures:
    """The account's use in the period. Without a first or last day, those of its first use and today stand in.

    A period that is too long to be drawn by day is read from the months in it and the days beside them.
    """
    first, last = _ends(session, account_id, period, today)
    by_month = (last - first).days >= _MOST_DAYS
    read = _months_and_days(account_id, period) if by_month else _days(account_id, period)
    sums = read.subquery()
    by_day: dict[date, Use] = {}
    for day, *values in session.execute(_grouped(sums, sums.c.day)):
        kept = day.replace(day=1) if by_month else day
        by_day[kept] = _together((by_day.get(kept, Use()), _use(values)))
    of_route = _grouped(sums, sums.c.route_id, Route.name).join(Route, Route.id == sums.c.route_id)
    countries = _grouped(sums, sums.c.region).where(sums.c.region != "")
    return Figures(
        total=_together(by_day.values()),
        days=[(day, by_day.get(day, Use())) for day in _without_gaps(first, last, by_month)],
        by_month=by_month,
        routes=_dearest_first(Share(str(row[0]), row[1], _use(row[2:])) for row in session.execute(of_route)),
        countries=_dearest_first(
            Share(row[0], country_name(row[0]), _use(row[1:])) for row in session.execute(countries)
        ),
    )


def days_left(session: Session, account_id: int, available: int, today: date) -> int | None:
    """For how many days the available millicredits last at the pace of the last PACE_DAYS, today among them.

    Somebody who began later is judged by the days since. None without any use.
    """
    cost, first = session.execute(
        select(func.sum(Rollup.charged - Rollup.refunded), func.min(Rollup.day)).where(
            Rollup.account_id == account_id,
            Rollup.day > today - timedelta(days=PACE_DAYS),
            Rollup.day <= today,
        )
    ).one()
    spent = int(cost or 0)
    return available * ((today - first).days + 1) // spent if spent > 0 else None


def _ends(session: Session, account_id: int, period: Period, today: date) -> tuple[date, date]:
    """The first and last day to show; none that is to come without anything on it."""
    first_used, last_used = (
        session.scalar(select(end(Rollup.day)).where(*_where(account_id, period)))
        for end in (func.min, func.max)
    )
    last = max(min(period.last or today, today), last_used or date.min)
    first = period.first or first_used or last
    return first, max(first, last)


def _where(account_id: int, period: Period) -> list[ColumnElement[bool]]:
    conditions = [Rollup.account_id == account_id]
    if period.first:
        conditions.append(Rollup.day >= period.first)
    if period.last:
        conditions.append(Rollup.day <= period.last)
    return conditions


def _days(account_id: int, period: Period) -> Select[Any]:
    return _columns(Rollup, Rollup.day).where(*_where(account_id, period))


def _months_and_days(account_id: int, period: Period) -> CompoundSelect[Any]:
    """The sums of the months that the period has whole, and of its days before and after them."""
    pieces = [_columns(RollupMonth, RollupMonth.month).where(RollupMonth.account_id == account_id)]
    if period.first:
        begin = period.first if period.first.day == 1 else _next_month(period.first)
        pieces[0] = pieces[0].where(RollupMonth.month >= begin)
        pieces.append(_days(account_id, replace(period, last=begin - timedelta(days=1))))
    if period.last:
        beyond = (period.last + timedelta(days=1)).replace(day=1)
        pieces[0] = pieces[0].where(RollupMonth.month < beyond)
        pieces.append(_days(account_id, replace(period, first=beyond)))
    return union_all(*pieces)


def _columns(model: Any, day: Any) -> Select[Any]:
    sums = (getattr(model, name) for name in _COLUMNS)
    return select(day.label("day"), model.route_id, model.region, *sums)


def _grouped(sums: Subquery, *key: Any) -> Select[Any]:
    c = sums.c
    return select(
        *key,
        func.sum(c.tasks),
        func.sum(c.messages),
        func.sum(c.accepted + c.delivered),
        func.sum(c.failed),
        func.sum(c.charged - c.refunded),
    ).group_by(*key)


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _use(row: Sequence[Any]) -> Use:
    return Use(*(int(number or 0) for number in row))


def _together(uses: Any) -> Use:
    columns = zip(*((use.tasks, use.messages, use.sent, use.failed, use.cost) for use in uses), strict=True)
    return Use(*(sum(column) for column in columns))


def _without_gaps(first: date, last: date, by_month: bool) -> Iterator[date]:
    """Every day, or every month, from the one to the other."""
    day = first.replace(day=1) if by_month else first
    while day <= last:
        yield day
        day = _next_month(day) if by_month else day + timedelta(days=1)


def _dearest_first(shares: Any) -> list[Share]:
    return sorted(shares, key=lambda share: (-share.use.cost, -share.use.messages, share.words))
