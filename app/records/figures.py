"""An account's use, from the daily sums: as quick for ten million messages as for ten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.models import Rollup, Route
from app.records.periods import Period
from app.sending.countries import country_name

_MOST_DAYS = 366
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
    """A period's use in all, day by day without gaps, and by route and country, the dearest first."""

    total: Use
    days: Sequence[tuple[date, Use]]
    routes: Sequence[Share]
    countries: Sequence[Share]


_SUMS: tuple[Any, ...] = (
    func.sum(Rollup.tasks),
    func.sum(Rollup.messages),
    func.sum(Rollup.accepted + Rollup.delivered),
    func.sum(Rollup.failed),
    func.sum(Rollup.charged - Rollup.refunded),
)


def figures(session: Session, account_id: int, period: Period, today: date) -> Figures:
    """The account's use in the period. Without a first or last day, those of its first use and today stand in."""
    where = _where(account_id, period)
    by_day = {row[0]: _use(row[1:]) for row in session.execute(_grouped(Rollup.day, where))}
    routes = session.execute(
        select(Route.id, Route.name, *_SUMS)
        .join(Rollup, Rollup.route_id == Route.id)
        .where(*where)
        .group_by(Route.id, Route.name)
    )
    countries = session.execute(_grouped(Rollup.region, [*where, Rollup.region != ""]))
    return Figures(
        total=_together(by_day.values()),
        days=_without_gaps(by_day, period, today),
        routes=_dearest_first(Share(str(row[0]), row[1], _use(row[2:])) for row in routes),
        countries=_dearest_first(Share(row[0], country_name(row[0]), _use(row[1:])) for row in countries),
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


def _where(account_id: int, period: Period) -> list[ColumnElement[bool]]:
    conditions = [Rollup.account_id == account_id]
    if period.first:
        conditions.append(Rollup.day >= period.first)
    if period.last:
        conditions.append(Rollup.day <= period.last)
    return conditions


def _grouped(column: Any, where: Sequence[ColumnElement[bool]]) -> Any:
    return select(column, *_SUMS).where(*where).group_by(column)


def _use(row: Sequence[Any]) -> Use:
    return Use(*(int(number or 0) for number in row))


def _together(uses: Any) -> Use:
    columns = zip(*((use.tasks, use.messages, use.sent, use.failed, use.cost) for use in uses), strict=True)
    return Use(*(sum(column) for column in columns))


def _without_gaps(by_day: dict[date, Use], period: Period, today: date) -> list[tuple[date, Use]]:
    """Every day of the period that a plot has room for: the last year of a longer one, none that is to come
    without anything on it."""
    known = sorted(by_day)
    last = max([min(period.last or today, today), *known[-1:]])
    first = period.first or (known[0] if known else last)
    first = max(first, last - timedelta(days=_MOST_DAYS - 1))
    span = (last - first).days + 1
    return [(day, by_day.get(day, Use())) for day in (first + timedelta(days=n) for n in range(span))]


def _dearest_first(shares: Any) -> list[Share]:
    return sorted(shares, key=lambda share: (-share.use.cost, -share.use.messages, share.words))
