"""What a list of tasks or messages is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from app.models import Route, Task
from app.records.periods import Period


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is to show: everything for None. `number` is E.164, `task` a part of the name or the public id,
    `route` a route's public id, `status` a word of STATUS_FILTERS."""

    period: Period
    number: str | None = None
    task: str | None = None
    sender_id: str | None = None
    status: str | None = None
    route: str | None = None


def within(moment: InstrumentedAttribute[Any], period: Period) -> list[ColumnElement[bool]]:
    """The rows whose moment lies in the period."""
    since = [moment >= period.since] if period.since is not None else []
    return since + ([moment < period.until] if period.until is not None else [])


def named_conditions(asked: Asked) -> list[ColumnElement[bool]]:
    """The tasks of that name, sender ID and route."""
    conditions: list[ColumnElement[bool]] = []
    if asked.task:
        conditions.append((Task.public_id == asked.task) | Task.name.icontains(asked.task, autoescape=True))
    if asked.sender_id:
        conditions.append(Task.sender_id == asked.sender_id)
    if asked.route:
        route = select(Route.id).where(Route.public_id == asked.route).scalar_subquery()
        conditions.append(Task.route_id == route)
    return conditions
