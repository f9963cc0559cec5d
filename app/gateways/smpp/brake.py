"""Slowing down when the carrier says that it is throttled, and speeding up again bit by bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_SHORTEST_GAP: Final = 0.01
_LONGEST_GAP: Final = 2.0
_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
_EASE: Final = 0.95


class Brake:
    """Says when the next message may leave. Each throttling pauses everything and doubles the gap between messages;
    each acceptance shortens the gap by a twentieth, until there is none.

    `clock` gives seconds that never run backwards.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._gap = 0.0
        self._pause = _PAUSE
        self._next_at = 0.0

    def wait(self) -> float:
        """Seconds until the next message may leave; 0 for now."""
        return max(0.0, self._next_at - self._clock())

    def take(self) -> None:
        """A message leaves."""
        if self._gap:
            self._next_at = max(self._next_at, self._clock()) + self._gap

    def throttled(self) -> None:
        """The carrier asked to slow down. What was on the wire with the first complaint counts once."""
        if self.wait() > self._gap:
            return
        self._gap = min(max(self._gap * 2, _SHORTEST_GAP), _LONGEST_GAP)
        self._next_at = self._clock() + self._pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def accepted(self) -> None:
        self._pause = _PAUSE
        self._gap *= _EASE
        if self._gap < _SHORTEST_GAP / 2:
            self._gap = 0.0
