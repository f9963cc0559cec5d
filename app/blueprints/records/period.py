"""The period in an address: `?days=30-days`, or `?from=2026-11-01&to=2026-11-30`."""

from __future__ import annotations

from flask import flash, request

from app.clock import now
from app.records.periods import Period, read_period
from app.web_context import user_zone


def chosen_period(otherwise: str = "all") -> Period:
    """The period that this request asks for, in the reader's zone; `otherwise` is the preset for none.

    One that cannot be read is said, and means all.
    """
    args, zone = request.args, user_zone()
    try:
        return read_period(
            args.get("days"), args.get("from"), args.get("to"), zone, now(), otherwise=otherwise
        )
    except ValueError as error:
        flash(str(error), "error")
        return read_period(None, None, None, zone, now())


def period_words(period: Period, otherwise: str = "all") -> dict[str, str]:
    """The period as an address says it, for links that keep it; `otherwise` is the preset that needs no words."""
    if period.preset is not None:
        return {} if period.preset == otherwise else {"days": period.preset}
    words = {"from": period.first, "to": period.last}
    return {name: day.isoformat() for name, day in words.items() if day is not None}
