"""The local times where a number may be, as far as its digits tell."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers


def zones_of(e164: str) -> list[ZoneInfo]:
    """The time zones that the number may be in: several for a mobile of a wide country, none when unknown.

    Source: the prefix-to-zone map of libphonenumber, through `phonenumbers.timezone`.
    """
    from phonenumbers import timezone  # its tables are large and few processes need them

    zones = []
    for name in timezone.time_zones_for_number(phonenumbers.parse(e164)):
        with suppress(ZoneInfoNotFoundError, ValueError):
            zones.append(ZoneInfo(name))
    return zones


def clocks_at(e164: str, moment: datetime) -> tuple[datetime, datetime] | None:
    """The moment by the slowest and by the fastest clock where the number may be; None when unknown."""
    there = [moment.astimezone(zone) for zone in zones_of(e164)]
    if not there:
        return None
    return min(there, key=_wall_time), max(there, key=_wall_time)


def _wall_time(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
