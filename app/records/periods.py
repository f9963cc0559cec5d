"""A stretch of days as a reader picks it, in the reader's zone → the moments it means. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.language import day_words, gettext, mark

# The word in the address, and what the page calls it.
PRESETS: Final[dict[str, str]] = {
    "all": mark("All"),
    "today": mark("Today"),
    "7-days": mark("Last 7 days"),
    "30-days": mark("Last 30 days"),
    "this-month": mark("This month"),
    "last-month": mark("Last month"),
    "this-year": mark("This year"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """`first` and `last` are days, both included; None is open. `since` ≤ moment < `until`, in UTC."""

    preset: str | None
    first: date | None
    last: date | None
    since: datetime | None
    until: datetime | None
    words: str


def read_period(
    preset: str | None,
    first: str | None,
    last: str | None,
    zone: ZoneInfo,
    present: datetime,
    *,
    otherwise: str = "all",
) -> Period:
    """The period of an address's words. A range of days wins over a preset; neither means `otherwise`, a preset.

    Raises ValueError, with a sentence for the reader, for days that are none or stand the wrong way round.
    """
    if first or last:
        begin, end = _day(first), _day(last)
        if begin and end and begin > end:
            raise ValueError(gettext("The first day comes after the last one. Exchange them."))
        return _between(None, begin, end, zone)
    today = present.astimezone(zone).date()
    chosen = preset if preset in PRESETS else otherwise
    month = today.replace(day=1)
    begin, end = {
        "all": (None, None),
        "today": (today, today),
        "7-days": (today - timedelta(days=6), today),
        "30-days": (today - timedelta(days=29), today),
        "this-month": (month, today),
        "last-month": ((month - timedelta(days=1)).replace(day=1), month - timedelta(days=1)),
        "this-year": (today.replace(month=1, day=1), today),
    }[chosen]
    return _between(chosen, begin, end, zone)


def _between(preset: str | None, first: date | None, last: date | None, zone: ZoneInfo) -> Period:
    since = _midnight(first, zone) if first else None
    until = _midnight(last + timedelta(days=1), zone) if last else None
    return Period(preset, first, last, since, until, _words(first, last))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """When the day begins there. Where clocks skip midnight, the zone's rules give the moment after."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _words(first: date | None, last: date | None) -> str:
    if first and last:
        return _span(first, last)
    if first:
        return gettext("from %(day)s on", day=_written(first))
    return gettext("up to %(day)s", day=_written(last)) if last else gettext("at any time")


def _span(first: date, last: date) -> str:
    if first == last:
        return _written(first)
    return gettext("%(first)s to %(last)s", first=_written(first), last=_written(last))


def _written(day: date) -> str:
    return f"{day.day} {day_words(day, '%b %Y')}"


def _day(written: str | None) -> date | None:
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise ValueError(
            gettext("“%(written)s” is not a date. Write it like 2026-11-21.", written=written[:20])
        ) from None
    if not 2000 <= day.year <= 2200:
        raise ValueError(
            gettext("%(written)s is out of range. Choose a year from 2000 to 2200.", written=written[:20])
        )
    return day
