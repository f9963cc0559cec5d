"""One request, one outcome: what every gateway that speaks HTTP has in common."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import aiohttp
from yarl import URL

from app.gateways.base import Accepted, Deferred, InDoubt, Outcome
from app.gateways.connector import GentleConnector
from app.gateways.errors import ErrorCode
from app.gateways.redaction import Redactor, ShownRequest

_CONNECT_SECONDS = 3.0
# Shorter than any carrier keeps an idle connection: one it closes under our next message would be in doubt.
_KEEPALIVE_SECONDS = 15.0
_LONGEST_ANSWER = 64 * 1024

# What an answer means: its status, its headers, its body.
Reading = Callable[[int, Mapping[str, str], bytes], Outcome]


class HttpWire:
    """Connections to one carrier, at most `concurrency` at once, each answer due within `answer_timeout` seconds."""

    def __init__(
        self, concurrency: int, answer_timeout: float, headers: Mapping[str, str], redactor: Redactor
    ) -> None:
        self._concurrency = concurrency
        self._answer_timeout = answer_timeout
        self._headers = dict(headers)
        self._redactor = redactor
        self._client: aiohttp.ClientSession | None = None
        self._places = asyncio.Semaphore(concurrency)

    async def open(self) -> None:
        """Get ready. Connections open with the first messages, a few at a time."""
        self._places = asyncio.Semaphore(self._concurrency)
        self._client = aiohttp.ClientSession(
            connector=GentleConnector(limit=self._concurrency, keepalive_timeout=_KEEPALIVE_SECONDS),
            timeout=aiohttp.ClientTimeout(
                total=self._answer_timeout,
                # Well before the total, so that a carrier out of reach is never taken for one in doubt.
                connect=min(_CONNECT_SECONDS, self._answer_timeout / 2),
            ),
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        # It would send a GET again by itself when the connection breaks. There is no public switch; its own test
        # client turns it off in the same way.
        self._client._retry_connection = False

    async def close(self) -> None:
        """Let go of all connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def post(self, target: URL, reading: Reading, **request: Any) -> Outcome:
        """One POST, handed over once. Raises RuntimeError when not open, and nothing else."""
        return await self.request("POST", target, reading, **request)

    async def request(self, method: str, target: URL, reading: Reading, **request: Any) -> Outcome:
        """One request, handed over once. Raises RuntimeError when not open, and nothing else."""
        if self._client is None:
            raise RuntimeError("The gateway is not open.")
        async with self._places:
            return await _exchange(self._client, method, target, self._keeping_words(reading), request)

    def shown(self, method: str, target: URL, headers: Mapping[str, str], body: str) -> ShownRequest:
        """The request that these make, without secrets."""
        return self._redactor.request(f"{method} {target}", (*self._headers.items(), *headers.items()), body)

    def _keeping_words(self, reading: Reading) -> Reading:
        """The reading, whose outcome keeps what the carrier said where it did not simply accept."""

        def read(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
            outcome = reading(status, headers, body)
            if isinstance(outcome, Accepted):
                return outcome
            words = self._redactor.excerpt(body)
            return replace(outcome, said=f"{status} {words}" if words else f"{status}, and nothing else")

        return read


async def _exchange(
    client: aiohttp.ClientSession, method: str, target: URL, reading: Reading, request: Mapping[str, Any]
) -> Outcome:
    """What fails before a connection stands was surely not sent."""
    try:
        # A redirect followed would send the message a second time.
        async with client.request(method, target, allow_redirects=False, **request) as response:
            return reading(response.status, response.headers, await _read(response))
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        return Deferred(ErrorCode.UNREACHABLE)
    except TimeoutError:
        return InDoubt(ErrorCode.TIMEOUT)
    except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError):
        return InDoubt(ErrorCode.CONNECTION_LOST)
    except (aiohttp.ClientError, ValueError):
        return InDoubt(ErrorCode.UNREADABLE_ANSWER)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The answer's body. Raises ValueError when it is longer than any answer of a carrier."""
    body = b""
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _LONGEST_ANSWER:
            raise ValueError("The answer is too long.")
    return body
