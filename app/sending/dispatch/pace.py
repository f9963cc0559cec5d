"""The pace of a route: when the next message may leave, so that its gateway never gets more than the rate.

What a carrier counts is arrivals, and only departures are ours to set. Two rules make the one from the other:

1. The schedule. Message n is due at start + n / rate, a little slower than the limit (`_AIM`). What sleeps, stalls and
   slow commits make late is caught up, at `_PEAK` times the rate at most. This holds the mean.
2. The window. A second may hold `most` = the rate and one message, or one in a hundred. So message n leaves a second
   or more after message n - most *arrived*: then no second of arrivals holds more than `most`, whatever happens on the
   way. When a message arrived we know when it is answered: at the latest then, less what the fastest answer of the last
   seconds took (the way there and back, which all take).

A schedule at the rate alone reaches `most` in a second and `_room` (a hundredth of a second from 100/s on), so that
messages may be that late without costing anything. What a late answer says beyond that depends on the others. Where
nothing that left later was answered well before it, there was a jam: all of them arrive at its end, and the next ones
wait until that second is over (`_LONGEST_JAM` at most). Where it was overtaken, it may have come late on a connection
of its own; or the carrier takes now more and now less time to answer, which says nothing of when messages arrived. So
that holds the schedule up by `_PATIENCE` in all, and where it is the rule, nothing is taken for a jam.

What a route could have sent while it had nothing to send is not caught up.

A route has one holder at a time, and the next one goes on where the last one stopped: with its schedule, so that what
was still to be caught up is, and with its window (`Handover`). Who follows a holder that gave nothing back, or finds
that a clock was set in between, waits until that one's last second is over, whatever was in it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, Self

# Beyond that no window is kept: no route may go faster (see app.desk.route_values.FASTEST).
_FASTEST_WATCHED: Final = 10_000
_AIM: Final = 0.998  # of the rate, lest a first message that travels slowly lift the mean above it
_PEAK: Final = 2.0  # of the rate, while it catches up: a stall is made up for within twice its length
_PEAK_SLACK: Final = 0.005  # seconds: timers are no finer than a few milliseconds
_SECOND: Final = 1.001  # seconds: what is no later than the fastest by much is not measured
_PATIENCE: Final = 0.05  # seconds that answers which were overtaken may put the schedule behind
_LONGEST_JAM: Final = 0.5  # seconds
_JAM_GOES_ON: Final = 0.1  # seconds, beyond those that a holder waits for its last answers
_TOGETHER: Final = 0.02  # seconds: answers that come within them overtake nothing
_UNUSUAL: Final = 0.01  # seconds beyond the fastest
_LATELY: Final = 0.5  # seconds, and ten messages: the fastest answer is that of the last one to two of them
_LONGEST_LAG: Final = 1.0  # seconds; what is later than that is not made up for
_WORKERS_BUSY: Final = 60.0  # seconds that a route may wait for its next holder; beyond, a clock was set
# Seconds until the last second of a holder that lost the route is over. It has little in hand, and finds out when it
# takes more (see app.sending.dispatch.pump).
_LAST_SECOND: Final = 1.3


@dataclass(slots=True)
class Place:
    """When a message left, and after how many seconds it was answered, once it was; `overtaken` where one that left
    later was answered well before it.
    """

    left: float
    took: float | None = None
    overtaken: bool = False


@dataclass(frozen=True, slots=True)
class Handover:
    """What the next holder of a route must know. Times are seconds since the epoch.

    `next_at` is where the schedule stands, in the past while something is to be caught up; None where nothing waited.
    `arrived` is when each message of the last second has arrived, at the latest.
    """

    next_at: float | None = None
    arrived: tuple[float, ...] = ()


class Pace:
    """A schedule at `rate` messages a second on any clock of seconds that never runs backwards.

    Wait as long as `wait` says, then `take` the place at the moment of leaving: a place taken before a sleep that lasts
    too long would be used late, and crowd the second that follows. Say when the message was `answered`.
    """

    def __init__(self, rate: float, next_at: float = 0.0) -> None:
        if rate <= 0:
            raise ValueError("A rate is a positive number of messages a second.")
        self.interval = 1.0 / (rate * _AIM)
        self._most = int(rate + max(1.0, rate / 100)) if rate <= _FASTEST_WATCHED else 0
        self._room = self._most / rate - 1.0
        self._left: deque[Place] = deque(maxlen=self._most)
        self._fastest = self._fastest_lately = self._fastest_before = float("inf")
        self._lately = max(_LATELY, 10 / rate)
        self._lately_from = 0.0
        self._usually_late = 0.0  # the overtaken ones: a mean of the last messages, about a second's
        self._newest = 0.0  # departure of those that are answered
        self._newest_before = 0.0  # the same of those that were answered more than a moment ago
        self._answers: deque[tuple[float, float]] = deque()  # of this moment: when, and the newest then
        self._next_at = next_at
        self._peak_at = 0.0
        self._rested = False

    @classmethod
    def after(cls, left: Handover | None, rate: float, moment: float) -> Self:
        """The pace of a route that is taken up now; `left` is None where its last holder gave nothing back."""
        if left is not None:
            next_at = moment if left.next_at is None else left.next_at
            gap = moment - next_at
            if -max(1.0, 2 / rate) <= gap <= _WORKERS_BUSY:
                pace = cls(rate, next_at)
                pace._rested = left.next_at is None or gap > _LONGEST_LAG
                latest = moment + pace._room + _JAM_GOES_ON  # beyond, the clock was set back
                pace._left.extend(Place(min(each, latest), 0.0) for each in left.arrived)
                return pace
        return cls(rate, moment + _LAST_SECOND + 2 / rate)

    def wait(self, moment: float) -> float:
        """How many seconds the next message must still wait."""
        due = max(self._next_at, self._peak_at - _PEAK_SLACK)
        if self._most and len(self._left) == self._most:
            oldest = self._left[0]
            free = oldest.left + _SECOND
            late = min(self._late(oldest), _LONGEST_JAM)
            if not self._tells(oldest):
                late = min(late, max(self._room, self._next_at + _PATIENCE - free))
            due = max(due, free + late)
        return max(due - moment, 0.0)

    def take(self, moment: float) -> Place:
        """Take the next place for a message that leaves now."""
        floor = moment if self._rested else moment - _LONGEST_LAG
        self._next_at = max(self._next_at, floor) + self.interval
        self._peak_at = max(self._peak_at, moment) + self.interval / _PEAK
        self._rested = False
        place = Place(moment)
        self._left.append(place)
        return place

    def answered(self, place: Place, moment: float) -> None:
        """The gateway answered now, so the message has arrived; or nobody will say any more whether it has."""
        place.took = moment - place.left
        if not self._most:
            return
        self._note_fastest(place.took, moment)
        while self._answers and self._answers[0][0] < moment - _TOGETHER:
            self._newest_before = self._answers.popleft()[1]
        place.overtaken = place.left < self._newest_before
        if place.left > self._newest:
            self._newest = place.left
            self._answers.append((moment, place.left))
        late = min(self._late(place), _LONGEST_JAM) if place.overtaken else 0.0
        self._usually_late += (late - self._usually_late) / self._most

    def _note_fastest(self, took: float, moment: float) -> None:
        if moment - self._lately_from > self._lately:
            self._fastest_before, self._fastest_lately = self._fastest_lately, took
            self._lately_from = moment
        self._fastest_lately = min(self._fastest_lately, took)
        self._fastest = min(self._fastest_before, self._fastest_lately)

    def _tells(self, place: Place) -> bool:
        """Whether how long its answer took says when it arrived."""
        return not place.overtaken and self._usually_late <= _UNUSUAL

    def _late(self, place: Place) -> float:
        """By how much later than the fastest it arrived; as late as costs nothing, where nobody knows."""
        return self._room if place.took is None else max(place.took - self._fastest, 0.0)

    def rest(self) -> None:
        """Nothing waits to be sent: what could leave meanwhile is not made up for."""
        self._rested = True

    def handover(self, moment: float) -> Handover:
        """What the next holder must know, if this one sends no more."""
        arrived = (self._arrived(place, moment) for place in self._left)
        recent = tuple(each for each in arrived if each + _SECOND > moment)
        return Handover(None if self._rested else self._next_at, recent)

    def _arrived(self, place: Place, moment: float) -> float:
        """When it has arrived, at the latest. What is unanswered for unusually long is in a jam that goes on."""
        if place.took is None and self._tells(place) and moment - place.left - self._fastest > _UNUSUAL:
            return moment + _JAM_GOES_ON
        return place.left + min(
            self._late(place), _LONGEST_JAM if self._tells(place) else self._room + _PATIENCE
        )
