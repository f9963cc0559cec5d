"""A time as a clock on the wall shows it → the moment it means. Pure.

Where clocks change, one hour of the year never comes and another comes twice; both are said, never guessed at
in silence.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from app.language import day_words


class UnusableTime(ValueError):
    """A time that a task cannot start at; the text says why and what to choose instead."""


def moment_of(wall: datetime, zone: ZoneInfo, present: datetime) -> datetime:
    """The UTC moment of a naive wall-clock time in `zone`; of one that comes twice, the first.

    Raises UnusableTime for a time that never comes there, or that is not after `present`.
    """
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    back = moment.astimezone(zone)
    if back.replace(tzinfo=None, fold=0) != wall:
        raise UnusableTime(
            _(
                "%(wall)s does not come on %(day)s in %(zone_name)s: clocks go forward over it. "
                "Choose another time, for example %(back)s.",
                wall=day_words(wall, "%H:%M"),
                day=_day(wall),
                zone_name=zone_name(zone),
                back=day_words(back, "%H:%M"),
            )
        )
    if moment <= present:
        here = present.astimezone(zone)
        raise UnusableTime(
            _(
                "%(day)s, %(wall)s has passed: it is %(day2)s, %(here)s in %(zone_name)s. Choose a "
                "later time, or send now.",
                day=_day(wall),
                wall=day_words(wall, "%H:%M"),
                day2=_day(here),
                here=day_words(here, "%H:%M"),
                zone_name=zone_name(zone),
            )
        )
    return moment


def comes_twice(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether the wall-clock time of this moment comes twice in `zone`, as clocks go back over it."""
    wall = moment.astimezone(zone)
    return wall.replace(fold=0).utcoffset() > wall.replace(fold=1).utcoffset()  # type: ignore[operator]


def zone_name(zone: ZoneInfo) -> str:
    """The zone as people read it: "Kuala Lumpur", "UTC"."""
    return zone.key.rpartition("/")[2].replace("_", " ")


def _day(moment: datetime) -> str:
    return f"{moment.day} {day_words(moment, '%b %Y')}"
