"""What the calendar's address asks for; what cannot be read is today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from werkzeug.datastructures import MultiDict

from app.models import Task
from app.records.calendar import Place

DAYS = {"month": 0, "week": 7, "day": 1}
_FIRST_YEAR, _LAST_YEAR = 2000, 2100  # beyond any task, and within what clocks can tell


@dataclass(frozen=True)
class Asked:
    """A view of the calendar from a day on; in a list, the place at which its page begins."""

    view: str
    day: date
    after: Place | None
    before: Place | None

    @property
    def previous(self) -> date:
        if self.view == "month":
            return (self.day.replace(day=1) - timedelta(days=1)).replace(day=1)
        return self.day - timedelta(days=DAYS[self.view])

    @property
    def next(self) -> date:
        if self.view == "month":
            return (self.day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return self.day + timedelta(days=DAYS[self.view])


def asked_for(args: MultiDict[str, str], today: date) -> Asked:
    """A week begins on Monday, a month on its first."""
    view = args.get("view", "month")
    view = view if view in DAYS else "month"
    day = _day(args.get("from", "")) or today
    if view == "week":
        day -= timedelta(days=day.weekday())
    elif view == "month":
        day = day.replace(day=1)
    return Asked(view, day, _place(args.get("after", "")), _place(args.get("before", "")))


def place_words(task: Task) -> str:
    """The place of a task in the list, for an address."""
    assert task.scheduled_at is not None  # the list holds no other
    return f"{task.scheduled_at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{task.id}"


def _day(words: str) -> date | None:
    try:
        day = date.fromisoformat(words)
    except ValueError:
        return None
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def _place(words: str) -> Place | None:
    moment, _, key = words.partition("-")
    try:
        return Place(datetime.strptime(moment, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC), int(key))
    except ValueError:
        return None
