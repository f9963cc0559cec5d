"""Connections that open a few at a time.

Opening fifty at once stalls some gateways for about a second (measured with Kannel).
"""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.tracing import Trace

_AT_ONCE = 4
_PAUSE_SECONDS = 0.01


class GentleConnector(aiohttp.TCPConnector):
    """Opens at most four connections at once, and lets each settle for 10 ms before the next takes its turn."""

    def __init__(self, *, limit: int, keepalive_timeout: float) -> None:
        super().__init__(limit=limit, keepalive_timeout=keepalive_timeout)
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        await self._turns.acquire()
        try:
            return await super()._create_connection(req, traces, timeout)
        finally:
            asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._turns.release)
