"""Waiting in tests: for a condition and never for a time, with patience for a machine that has much else to do."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 60.0  # seconds


def until(done: Callable[[], object], seconds: float = PATIENCE, why: Callable[[], object] = str) -> None:
    """Wait until it is so; fails the test when it never is, and says why."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, why() or "This never came to be."
        time.sleep(0.01)
