"""Places on the wire that open a few at a time.

Opening fifty connections at once stalls some gateways for a second (measured with Kannel). As TCP does in its
slow start, the first few go out alone, and every answer makes room for one more.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

_FIRST = 4


class Ramp:
    """An async context for one send. At most `limit` are inside at once, at first only a few."""

    def __init__(self, limit: int) -> None:
        self._places = asyncio.Semaphore(min(_FIRST, limit))
        self._still_closed = max(limit - _FIRST, 0)

    async def __aenter__(self) -> None:
        await self._places.acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._places.release()
        if self._still_closed and error is None:
            self._still_closed -= 1
            self._places.release()
