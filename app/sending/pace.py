"""The pace of a route: when the next message may leave, so that its gateway never gets more than the rate.

What a carrier counts is arrivals, and only departures are ours to set. Two rules make the one from the other:

1. The schedule. Message n is due at start + n / rate, a little slower than the limit (`_AIM`). What sleeps, stalls and
   slow commits make late is caught up, at `_PEAK` times the rate at most. This holds the mean.
2. The window. A second may hold `most` = the rate and one message, or one in a hundred. So message n leaves a second
   or more after message n - most *arrived*: then no second of arrivals holds more than `most`, whatever happens on the
   way. When a message arrived we know when it is answered: at the latest then, less what the fastest answer of all took
   (the way there and back, which all take). Another's answer tells nothing of it: on a connection of its own it may
   have been overtaken.

A schedule at the rate alone reaches `most` in a second and `_room` (a hundredth of a second from 100/s on), so that
messages may be that late without costing anything. Whatever is later holds the schedule up, by `_PATIENCE` in all: a
jam on the way is over soon, and is caught up. Where messages are later than that as a rule, it is the carrier that
takes now more and now less time to answer, which says nothing of when they arrived: then by `_LITTLE_PATIENCE`.

What a route could have sent while it had nothing to send is not caught up.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

# Beyond that no window is kept: no route may go faster (see app.desk.route_values.FASTEST).
_FASTEST_WATCHED: Final = 10_000
_AIM: Final = 0.998  # of the rate, lest a first message that travels slowly lift the mean above it
_PEAK: Final = 2.0  # of the rate, while it catches up: a stall is made up for within twice its length
_PEAK_SLACK: Final = 0.005  # seconds: timers are no finer than a few milliseconds
_SECOND: Final = 1.001  # seconds: what is no later than the fastest by much is not measured
_PATIENCE: Final = 0.1  # seconds that late arrivals may put the schedule behind
_LITTLE_PATIENCE: Final = 0.05  # the same: half a hundredth of ten seconds' work
_LONGEST_LAG: Final = 1.0  # seconds; what is later than that is not made up for
_HANDOVER: Final = 0.5  # seconds: a schedule that was left longer ago was left because nothing waited


@dataclass(slots=True)
class Place:
    """When a message left, and after how many seconds it was answered, once it was."""

    left: float
    took: float | None = None


class Pace:
    """A schedule at `rate` messages a second on any clock of seconds that never runs backwards.

    `next_at` is where the route's last holder left it. Wait as long as `wait` says, then `take` the place at the moment
    of leaving: a place taken before a sleep that lasts too long would be used late, and crowd the second that follows.
    Say when the message was `answered`.
    """

    def __init__(self, rate: float, next_at: float = 0.0) -> None:
        if rate <= 0:
            raise ValueError("A rate is a positive number of messages a second.")
        self.interval = 1.0 / (rate * _AIM)
        self._most = int(rate + max(1.0, rate / 100)) if rate <= _FASTEST_WATCHED else 0
        self._room = self._most / rate - 1.0
        self._left: deque[Place] = deque(maxlen=self._most)
        self._fastest = float("inf")
        self._usually_late = 0.0  # a mean of the last ones, about a second's
        self._next_at = next_at
        self._peak_at = 0.0
        self._rested = False
        self._first = True

    def wait(self, moment: float) -> float:
        """How many seconds the next message must still wait."""
        due = max(self._next_at, self._peak_at - _PEAK_SLACK)
        if self._most and len(self._left) == self._most:
            oldest = self._left[0]
            free = oldest.left + _SECOND
            patience = _PATIENCE if self._usually_late <= self._room else _LITTLE_PATIENCE
            due = max(due, min(free + self._late(oldest), max(free + self._room, self._next_at + patience)))
        return max(due - moment, 0.0)

    def take(self, moment: float) -> Place:
        """Take the next place for a message that leaves now."""
        if self._first and moment - self._next_at > _HANDOVER:
            self._rested = True
        floor = moment if self._rested else moment - _LONGEST_LAG
        self._next_at = max(self._next_at, floor) + self.interval
        self._peak_at = max(self._peak_at, moment) + self.interval / _PEAK
        self._rested = self._first = False
        place = Place(moment)
        self._left.append(place)
        return place

    def answered(self, place: Place, moment: float) -> None:
        """The gateway answered now, so the message has arrived; or nobody will say any more whether it has."""
        place.took = moment - place.left
        self._fastest = min(self._fastest, place.took)
        if self._most:
            self._usually_late += (self._late(place) - self._usually_late) / self._most

    def _late(self, place: Place) -> float:
        """By how much later than the fastest it arrived; as late as costs nothing, where nobody knows."""
        return self._room if place.took is None else place.took - self._fastest

    def rest(self) -> None:
        """Nothing waits to be sent: what could leave meanwhile is not made up for."""
        self._rested = True

    def handover(self, moment: float) -> float:
        """From when on the next holder may follow a schedule of its own, whatever has left here in the last second."""
        known = enumerate(self._left, start=self._most - len(self._left))
        late = self._room + _PATIENCE
        safe = [
            each.left + min(self._late(each), late) + _SECOND - number * self.interval
            for number, each in known
        ]
        return max([self._next_at, *safe, *([moment] if self._rested else [])])
