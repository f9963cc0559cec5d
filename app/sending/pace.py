"""The pace of a route: when the next message may leave.

A deadline schedule: message n is due at start + n / rate. What sleeps, stalls and slow commits make late is caught up
as soon as it can be, and never so that more than the rate leaves within any sliding second: the last
second's departures are kept, and message n leaves a second after message n - rate or later. What a route could have
sent while it had nothing to send is not caught up.
"""

from __future__ import annotations

from collections import deque
from typing import Final

# Beyond that no window is kept: no route may go faster (see app.desk.routes.FASTEST).
_FASTEST_WATCHED: Final = 10_000
_PEAK: Final = (
    2.0  # of the rate, while it catches up: half a second of stall is made up for within the second
)
_PEAK_SLACK: Final = 0.005  # seconds: timers are no finer than a few milliseconds
_HANDOVER: Final = 0.5  # seconds: a schedule that was left longer ago was left because nothing waited


class Pace:
    """A schedule at `rate` messages a second on any clock of seconds that never runs backwards.

    `next_at` is where the route's last holder left it. Wait as long as `wait` says, then `take` the place at the moment
    of leaving: a place taken before a sleep that lasts too long would be used late, and crowd the second that follows.
    """

    def __init__(self, rate: float, next_at: float = 0.0) -> None:
        if rate <= 0:
            raise ValueError("A rate is a positive number of messages a second.")
        self.interval = 1.0 / rate
        self._window = max(1.0, self.interval)  # seconds, in which `_most` may leave
        self._most = max(1, int(rate)) if rate <= _FASTEST_WATCHED else 0
        self._left: deque[float] = deque(maxlen=self._most)
        self._next_at = next_at
        self._peak_at = 0.0
        self._rested = False
        self._first = True

    def wait(self, moment: float) -> float:
        """How many seconds the next message must still wait."""
        due = max(self._next_at, self._peak_at - _PEAK_SLACK)
        if self._most and len(self._left) == self._most:
            due = max(due, self._left[0] + self._window)
        return max(due - moment, 0.0)

    def take(self, moment: float) -> None:
        """Take the next place for a message that leaves now."""
        if self._first and moment - self._next_at > _HANDOVER:
            self._rested = True
        floor = moment if self._rested else moment - self._window
        self._next_at = max(self._next_at, floor) + self.interval
        self._peak_at = max(self._peak_at, moment) + self.interval / _PEAK
        self._left.append(moment)
        self._rested = self._first = False

    def rest(self) -> None:
        """Nothing waits to be sent: what could leave meanwhile is not made up for."""
        self._rested = True

    def handover(self, moment: float) -> float:
        """From when on the next holder may follow a schedule of its own, whatever has left here in the last second."""
        known = enumerate(self._left, start=self._most - len(self._left))
        safe = [left + self._window - place * self.interval for place, left in known]
        return max([self._next_at, *safe, *([moment] if self._rested else [])])
