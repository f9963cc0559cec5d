"""A slice's breaker: when a gateway fails in a row, its route rests (see `outcomes.trip_breaker`)."""

from __future__ import annotations

from collections import deque
from typing import Final

from app.gateways.base import Accepted, Deferred, InDoubt, Outcome, Refused
from app.gateways.errors import ErrorCode

# It trips when, of the last 50 outcomes, at least 10 and at least half were failures of the wire.
_VIEW: Final = 50
_LEAST: Final = 10
_WIRE_CODES: Final = frozenset({ErrorCode.UNREACHABLE, ErrorCode.GATEWAY_SETTINGS})


class Breaker:
    """Keeps the last outcomes in view, not the last few: time-outs come late, and so in a row.

    `tripped` is the code of the failure that was one too many, None until then.
    """

    def __init__(self) -> None:
        self.tripped: str | None = None
        self._lately: deque[bool] = deque(maxlen=_VIEW)

    def watch(self, outcome: Outcome) -> bool:
        """Take the outcome into view. Whether it has just tripped."""
        match outcome:
            case Accepted() | Refused():
                self._lately.append(False)
                return False
            case InDoubt(code):
                failed = True
            case Deferred(code):
                failed = code in _WIRE_CODES
        self._lately.append(failed)
        failures = sum(self._lately)
        if failures < _LEAST or failures * 2 < len(self._lately) or self.tripped is not None:
            return False
        self.tripped = code
        return True
