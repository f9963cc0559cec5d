"""The local times where a number may be, as far as its digits tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import PhoneNumberType


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


def zone_groups(numbers: Iterable[tuple[str, int, str]]) -> dict[tuple[str, ...], int]:
    """How many of the numbers may be in which time zones, by the zones' names.

    A number is (E.164, country code, network as ``numbers.Number`` has it). As `zones_of` tells, but quick: a mobile
    number mostly tells its country only, and where it tells more, the prefix map is asked without a parse.
    """
    from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

    groups: Counter[tuple[str, ...]] = Counter()
    by_country = {}
    for e164, code, network in numbers:
        if (code, network) not in by_country:
            kind = PhoneNumberType.MOBILE if network == "mobile" else PhoneNumberType.FIXED_LINE_OR_MOBILE
            is_geographical = phonenumbers.is_number_type_geographical(kind, code)
            by_country[code, network] = None if is_geographical else TIMEZONE_DATA.get(str(code), ())
        names = by_country[code, network]
        if names is None:
            digits = e164[1 : 1 + TIMEZONE_LONGEST_PREFIX]
            names = next(
                (found for end in range(len(digits), 0, -1) if (found := TIMEZONE_DATA.get(digits[:end]))), ()
            )
        groups[tuple(names)] += 1
    return dict(groups)


def clocks_at(e164: str, moment: datetime) -> tuple[datetime, datetime] | None:
    """The moment by the slowest and by the fastest clock where the number may be; None when unknown."""
    there = [moment.astimezone(zone) for zone in zones_of(e164)]
    if not there:
        return None
    return min(there, key=_wall_time), max(there, key=_wall_time)


def _wall_time(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
