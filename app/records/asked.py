"""What a list of tasks or messages is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.models import Route, Task
from app.models.base import UtcDateTime
from app.records.periods import Period

NAMES_LOOKED_AT: Final = 5_000
_BEFORE_ALL: Final = datetime(2000, 1, 1, tzinfo=UTC)
_AFTER_ALL: Final = datetime(2300, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is to show: everything for None. `number` is E.164, `task` a part of the name or the public id,
    `route` a route's public id, `status` a word of STATUS_FILTERS.
    `oldest_first` turns the tasks round; the messages of each stay in the order of their rows."""

    period: Period
    number: str | None = None
    task: str | None = None
    sender_id: str | None = None
    status: str | None = None
    route: str | None = None
    oldest_first: bool = False


def within(moment: InstrumentedAttribute[Any], period: Period) -> list[ColumnElement[bool]]:
    """The rows whose moment lies in the period."""
    since = [moment >= period.since] if period.since is not None else []
    return since + ([moment < period.until] if period.until is not None else [])


def named_conditions(
    account_id: int, asked: Asked, moment: InstrumentedAttribute[Any]
) -> list[ColumnElement[bool]]:
    """The account's tasks of that name, sender ID and route, in a list that goes by `moment`."""
    conditions: list[ColumnElement[bool]] = []
    if asked.task:
        conditions += _named(account_id, asked.task, moment, asked.period)
    if asked.sender_id:
        conditions.append(Task.sender_id == asked.sender_id)
    if asked.route:
        route = select(Route.id).where(Route.public_id == asked.route).scalar_subquery()
        conditions.append(Task.route_id == route)
    return conditions


def _named(
    account_id: int, words: str, moment: InstrumentedAttribute[Any], period: Period
) -> list[ColumnElement[bool]]:
    """The task of that public id, or else those with these words in their names.

    No index finds a piece of a name, so names are looked at one by one, and only the NAMES_LOOKED_AT newest of the
    period. A public id narrows the list to the moment of its task.
    """
    other = aliased(Task)
    at = getattr(other, moment.key)
    that = select(at).where(other.account_id == account_id, other.public_id == words).scalar_subquery()
    last = (
        select(at)
        .where(other.account_id == account_id, *within(at, period), at.is_not(None))
        .order_by(at.desc())
        .offset(NAMES_LOOKED_AT - 1)
        .limit(1)
        .scalar_subquery()
    )
    return [
        moment >= func.coalesce(that, last, literal(_BEFORE_ALL, UtcDateTime())),
        moment <= func.coalesce(that, literal(_AFTER_ALL, UtcDateTime())),
        (Task.public_id == words) | Task.name.icontains(words, autoescape=True),
    ]
