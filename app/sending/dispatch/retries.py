"""How often a message that the gateway put off is tried again, and after what gaps, by what the gateway said.

The numbers are the field's habits (Jasmin: throttled 20 times 30 s, system error twice 30 s, queue full twice 180 s),
with gaps that double. A gateway that names the seconds itself is believed: for more each time, for fewer once, after
which the class's gaps begin. A route may allow fewer tries. After the last one the message fails and its price is
released.

Tries that ended by our own doing (a worker died, or the message was fenced and never left) are not counted, up to a
bound: nothing goes round for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from app.gateways.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class Patience:
    """`retries` follow the first try, after gaps of `first`, twice that, and so on up to `longest`."""

    retries: int
    first: timedelta
    longest: timedelta

    def gap(self, attempt: int) -> timedelta:
        """The gap after this attempt, the first being 1."""
        doubled: timedelta = self.first * 2 ** min(attempt - 1, 20)
        return min(doubled, self.longest)


def _patience(retries: int, first: float, longest: float) -> Patience:
    return Patience(retries, timedelta(seconds=first), timedelta(seconds=longest))


PATIENCE: Final = MappingProxyType(
    {
        ErrorCode.THROTTLED: _patience(20, 30, 300),
        ErrorCode.SYSTEM_ERROR: _patience(2, 30, 60),
        ErrorCode.QUEUE_FULL: _patience(2, 180, 360),
        ErrorCode.CARRIER_BUSY: _patience(4, 10, 180),
        ErrorCode.PAIR_RATE: _patience(5, 10, 300),
        ErrorCode.SENDING_RESTRICTED: _patience(3, 300, 3_600),
    }
)
# Nobody answered, or staff have to put something right: as often as the route allows.
USUAL: Final = _patience(1_000, 2, 300)
# So many tries that ended by our own doing do not count, and a message is sent again after them.
OWN_FAILURES_SPARED: Final = 10
# Whatever a gateway asks.
_SHORTEST_ASKED: Final = timedelta(seconds=1)
_LONGEST_ASKED: Final = timedelta(hours=6)


def counted(attempt: int, own_failures: int) -> int:
    """Which try of a message this attempt is: those that ended by our own doing are left out."""
    return max(1, attempt - min(own_failures, OWN_FAILURES_SPARED))


def is_last_try(code: str, attempt: int, allowed: int) -> bool:
    """Whether this attempt was the last: of its class, or of the `allowed` tries of its route."""
    return attempt >= min(allowed, _of(code).retries + 1)


def gap_after(code: str, attempt: int, asked: float | None) -> timedelta:
    """How long to wait after this attempt: the class's gap, or the seconds that the gateway asked for.

    More than the gap always counts. Fewer count after the first attempt; who was put off again in spite of them waits
    the class's gaps from the first one on, so that a gateway's hope does not use up the tries.
    """
    patience = _of(code)
    if asked is None:
        return patience.gap(attempt)
    named = min(max(timedelta(seconds=min(asked, 1e6)), _SHORTEST_ASKED), _LONGEST_ASKED)
    if named < patience.first:
        return named if attempt == 1 else patience.gap(attempt - 1)
    return max(patience.gap(attempt), named)


def _of(code: str) -> Patience:
    return PATIENCE.get(code, USUAL)  # type: ignore[call-overload]
