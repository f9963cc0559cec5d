"""The local time where a number is, as far as its digits tell."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers


def zone_of(e164: str) -> ZoneInfo | None:
    """A time zone that the number may be in (its first, where a country has several); None when unknown.

    Source: the prefix-to-zone map of libphonenumber, through `phonenumbers.timezone`.
    """
    from phonenumbers import timezone  # its tables are large and few processes need them

    for name in timezone.time_zones_for_number(phonenumbers.parse(e164)):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return None
