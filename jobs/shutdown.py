"""Tell a running job that its worker has been asked to stop.

A long job asks `requested()` between two pieces of work, leaves the rest to its next run, and returns. One
that never asks runs on, and is killed when the grace period is over; the database's fences keep that safe.
"""

from __future__ import annotations

import signal

_requested = False


def requested() -> bool:
    """Whether to finish soon."""
    return _requested


def listen() -> None:
    """In a work-horse: note SIGTERM instead of dying of it."""

    def note(_number: int, _frame: object) -> None:
        global _requested
        _requested = True

    signal.signal(signal.SIGTERM, note)
