"""What a list of tasks or messages is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, any_, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.models import Route, Task, TaskName
from app.models.task_name import searched
from app.records.periods import Period

_FEW: Final = 20_000  # tasks of a name
_LAST_LETTER: Final = "\U0010ffff"  # behind every letter that a name can have


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is to show: everything for None. `number` is E.164, `task` words of the name or the public id,
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


def named_conditions(session: Session, account_id: int, asked: Asked) -> list[ColumnElement[bool]]:
    """The account's tasks of that name, sender ID and route."""
    conditions: list[ColumnElement[bool]] = []
    if asked.task:
        conditions.append(_named(session, account_id, asked.task))
    if asked.sender_id:
        conditions.append(Task.sender_id == asked.sender_id)
    if asked.route:
        route = select(Route.id).where(Route.public_id == asked.route).scalar_subquery()
        conditions.append(Task.route_id == route)
    return conditions


def _named(session: Session, account_id: int, words: str) -> ColumnElement[bool]:
    """The task of that public id, or else those in whose names these words stand from the beginning of one.

    A few are found by their names and then put into the list's order. Many are met soon by reading the list in its
    own order, and asking of each task whether it is one of them.
    """
    that = session.scalar(select(Task.id).where(Task.account_id == account_id, Task.public_id == words))
    if that is not None:
        return Task.id == that
    start = searched(words)
    such = [TaskName.start >= start, TaskName.start < start + _LAST_LETTER]
    found = select(TaskName.task_id).where(TaskName.account_id == account_id, *such)
    if session.scalar(found.offset(_FEW).limit(1)) is None:
        if session.get_bind().dialect.name == "sqlite":
            return Task.id.in_(found)
        # PostgreSQL would rather read all tasks than thousands by their keys; of an array it takes the keys.
        return Task.id == any_(func.array(found.scalar_subquery()))
    of_this = (
        select(literal(1)).where(TaskName.task_id == Task.id, *such).limit(1)
    )  # taken apart by no planner
    return of_this.correlate(Task).scalar_subquery().is_not(None)
