"""Receipts on their way: in batches, signed, and again with growing gaps until they are acknowledged."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import aiohttp

from app.gateways import signature
from app.gateways.sandbox_carrier.book import Book, OwedReceipt

BATCH = 200
_POST_SECONDS = 10.0
_FIRST_GAP = 0.5
_LONGEST_GAP = 30.0

log = logging.getLogger(__name__)


class Couriers:
    """One courier per callback address, so that an address that is down holds up no other.

    `interval` is the seconds between two batches while fewer than `BATCH` receipts are due.
    """

    def __init__(self, book: Book, secret: str, interval: float) -> None:
        self._book = book
        self._secret = secret
        self._interval = interval
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._client: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Set out with what the book says is still owed."""
        self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_POST_SECONDS))
        for url in await self._book.callback_urls():
            self.serve(url)

    async def stop(self) -> None:
        """Stop where they are. A batch cut off here stays in the book, and goes out again after a restart."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    def serve(self, url: str) -> None:
        """From now on bring this address its receipts. Harmless to repeat."""
        if url not in self._tasks:
            self._tasks[url] = asyncio.create_task(self._deliver(url))

    async def _deliver(self, url: str) -> None:
        gap = _FIRST_GAP
        while True:
            try:
                batch = await self._book.due(url, time.time(), BATCH)
                taken = not batch or await self._post(url, batch)
                if taken and batch:
                    await self._book.settle(batch)
            except sqlite3.Error as error:
                log.warning("The carrier's book cannot be read or written: %s", error)
                batch, taken = [], False
            if not taken:
                await asyncio.sleep(gap)
                gap = min(gap * 2, _LONGEST_GAP)
            else:
                gap = _FIRST_GAP
                if len(batch) < BATCH:
                    await asyncio.sleep(self._interval)

    async def _post(self, url: str, batch: Sequence[OwedReceipt]) -> bool:
        """Post one batch; true when it was acknowledged. A redirect might leave loopback: not followed."""
        assert self._client is not None
        receipts = [
            {"id": x.gateway_id, "reference": x.reference, "status": x.status, "error": x.error}
            for x in batch
        ]
        body = json.dumps({"receipts": receipts}, separators=(",", ":")).encode()
        headers = {
            "Content-Type": "application/json",
            signature.HEADER: signature.sign(self._secret, body, datetime.now(UTC)),
        }
        try:
            async with self._client.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                return 200 <= answer.status < 300
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
