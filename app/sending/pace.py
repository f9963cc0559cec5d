"""The pace of a route: when the next message may leave.

A generic cell rate algorithm with a burst of one message, or one in a hundred where that is more: the schedule
that is not caught up when work stalls, so that no sliding second ever holds more than the rate allows.
"""

from __future__ import annotations


class Pace:
    """A schedule at `rate` messages a second on any clock of seconds that never runs backwards.

    `next_at` is when the next message is due; it may be handed to the next holder of the route. Wait for it, then
    take the place at the moment of leaving: a place taken before a sleep that lasts too long would be used late,
    and crowd the second that follows.
    """

    def __init__(self, rate: float, next_at: float = 0.0) -> None:
        if rate <= 0:
            raise ValueError("A rate is a positive number of messages a second.")
        self.interval = 1.0 / rate
        self.tolerance = max(1.0, rate / 100) * self.interval
        self.next_at = next_at

    def wait(self, moment: float) -> float:
        """How many seconds the next message must still wait."""
        return max(self.next_at - moment, 0.0)

    def take(self, moment: float) -> None:
        """Take the next place for a message that leaves now."""
        self.next_at = max(self.next_at, moment - self.tolerance) + self.interval
