"""Quiet hours: when people should not be written to, by their own clocks.

The check keeps with the task how many of its numbers may be in which time zones. A mobile number of a wide country
may be in several; it counts as quiet while the clock of any of them is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.models import Task
from config import QuietHours

_DAYS_AHEAD: Final = 8

Groups = Sequence[tuple[tuple[ZoneInfo, ...], int]]


@dataclass(frozen=True, slots=True)
class Quiet:
    """How many of a task's numbers may be in quiet hours (`hours`) when it starts; `allowed` is the next time for all.

    `allowed` is None where the destinations' days never leave a common hour.
    """

    numbers: int
    allowed: datetime | None
    hours: QuietHours


def quiet_at(task: Task, moment: datetime, hours: QuietHours) -> Quiet | None:
    """What a start at this moment means for the recipients' nights; None when it disturbs nobody's."""
    groups = _groups(task)
    numbers = sum(count for zones, count in groups if _is_quiet(zones, moment, hours))
    return Quiet(numbers, next_allowed_time(task, moment, hours), hours) if numbers else None


def next_allowed_time(task: Task, moment: datetime, hours: QuietHours) -> datetime | None:
    """The first moment from this one on at which no number's clock is within quiet hours; None for never.

    Such a moment is this one or the end of some zone's night, so only those are looked at. The end of a night is
    taken from the wall clock of its day, and so is right on the days when clocks change.
    """
    groups = _groups(task)
    zones = {zone for found, _ in groups for zone in found}
    ends = (_end_of_night(zone, moment, day, hours) for zone in zones for day in range(-1, _DAYS_AHEAD))
    for candidate in sorted({moment, *(end for end in ends if end > moment)}):
        if not any(_is_quiet(found, candidate, hours) for found, _ in groups):
            return candidate
    return None


def _end_of_night(zone: ZoneInfo, moment: datetime, days: int, hours: QuietHours) -> datetime:
    day = moment.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, hours.end, zone).astimezone(UTC)


def _is_quiet(zones: Sequence[ZoneInfo], moment: datetime, hours: QuietHours) -> bool:
    return any(hours.hold(moment.astimezone(zone).time()) for zone in zones)


def _groups(task: Task) -> Groups:
    stored: list[Any] = (task.report or {}).get("zones", [])
    return [(tuple(filter(None, map(_zone, names))), count) for names, count in stored]


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None
