"""Tasks by their set times: a month at a glance, and the list of any stretch of days, page by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.models import Task
from app.models.base import LARGEST_KEY
from app.records.pages import PAGE_SIZE, Page

SHOWN_A_DAY: Final = 3


@dataclass(frozen=True)
class Day:
    """A day of the reader's calendar: the first of its tasks, and how many there are in all."""

    day: date
    tasks: tuple[Task, ...]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.tasks)


@dataclass(frozen=True, slots=True)
class Place:
    """Between which two tasks a page of the list begins: a set time, and a task's key for those that share it."""

    at: datetime
    task_id: int


def weeks_of_month(session: Session, account_id: int, month: date, zone: ZoneInfo) -> list[list[Day]]:
    """The month's weeks, Monday first and whole, each day by the zone's own midnights (23 to 25 hours)."""
    first = month.replace(day=1)
    begin = first - timedelta(days=first.weekday())
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    days = [begin + timedelta(days=n) for n in range((last - begin).days + 7 - last.weekday())]
    filled = _by_day(session, account_id, days, zone)
    return [[filled[day] for day in days[start : start + 7]] for start in range(0, len(days), 7)]


def _by_day(session: Session, account_id: int, days: Sequence[date], zone: ZoneInfo) -> dict[date, Day]:
    """One query for them all: the first few of each day and each day's number."""
    nights = [midnight(day, zone) for day in [*days, days[-1] + timedelta(days=1)]]
    place = case(*((Task.scheduled_at < end, n) for n, end in enumerate(nights[1:])))
    numbered = (
        select(
            Task.id,
            place.label("place"),
            func.row_number().over(partition_by=place, order_by=(Task.scheduled_at, Task.id)).label("nth"),
            func.count().over(partition_by=place).label("count"),
        )
        .where(*_planned(account_id), Task.scheduled_at >= nights[0], Task.scheduled_at < nights[-1])
        .subquery()
    )
    task = aliased(Task)
    rows = session.execute(
        select(task, numbered.c.place, numbered.c.count)
        .join(numbered, numbered.c.id == task.id)
        .where(numbered.c.nth <= SHOWN_A_DAY)
        .order_by(task.scheduled_at, task.id)
    ).all()
    found: dict[int, list[Task]] = {}
    counts: dict[int, int] = {}
    for each, at, count in rows:
        found.setdefault(at, []).append(each)
        counts[at] = count
    return {day: Day(day, tuple(found.get(n, ())), counts.get(n, 0)) for n, day in enumerate(days)}


def agenda(
    session: Session,
    account_id: int,
    first: date,
    days: int,
    zone: ZoneInfo,
    *,
    after: Place | None = None,
    before: Place | None = None,
    size: int = PAGE_SIZE,
) -> Page[Task]:
    """The tasks of some days from `first` on, in the order of their times; a page of them beyond a place."""
    statement = select(Task).where(
        *_planned(account_id),
        Task.scheduled_at >= midnight(first, zone),
        Task.scheduled_at < midnight(first + timedelta(days=days), zone),
    )
    if before is not None:
        backwards = statement.where(_beyond(before, forwards=False)).order_by(
            Task.scheduled_at.desc(), Task.id.desc()
        )
        found = list(session.scalars(backwards.limit(size + 1)))
        return Page(found[:size][::-1], has_previous=len(found) > size, has_next=True)
    if after is not None:
        statement = statement.where(_beyond(after, forwards=True))
    found = list(session.scalars(statement.order_by(Task.scheduled_at, Task.id).limit(size + 1)))
    return Page(found[:size], has_previous=after is not None, has_next=len(found) > size)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment (UTC) at which a day begins in a zone; where clocks skip midnight, when they have."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _planned(account_id: int) -> tuple[ColumnElement[bool], ...]:
    """Submitted tasks with a time of their own, whatever became of them."""
    return (
        Task.account_id == account_id,
        Task.scheduled_at.is_not(None),
        Task.submitted_at.is_not(None),
    )


def _beyond(place: Place, *, forwards: bool) -> ColumnElement[bool]:
    task_id = max(-LARGEST_KEY, min(place.task_id, LARGEST_KEY))
    if forwards:
        return or_(Task.scheduled_at > place.at, and_(Task.scheduled_at == place.at, Task.id > task_id))
    return or_(Task.scheduled_at < place.at, and_(Task.scheduled_at == place.at, Task.id < task_id))
