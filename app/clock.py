"""The one clock. Every time in Carillon is an aware UTC datetime made here."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

# Linux's other clock stands still while the machine is suspended.
_NEVER_STOPS: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)


def running() -> float:
    """Seconds on a clock that nobody sets and that goes on while the machine sleeps; only differences mean anything."""
    return time.clock_gettime(_NEVER_STOPS)
