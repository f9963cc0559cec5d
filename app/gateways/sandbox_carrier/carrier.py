"""The carrier itself: takes messages over HTTP, decides by the number, owes receipts."""

from __future__ import annotations

import asyncio
import hmac
import random
import secrets
import socket
import sqlite3
import struct
import time
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web
from yarl import URL

from app.gateways.errors import ErrorCode
from app.gateways.sandbox_carrier.book import Book, Line, OwedReceipt
from app.gateways.sandbox_carrier.courier import Couriers
from app.gateways.sandbox_carrier.submission import Malformed, Submission
from app.gateways.sandbox_numbers import Answer, Ending, ending_of

_LONGEST_BODY = 64 * 1024
_MOST_LISTED = 10_000
_SILENCE_SECONDS = 120.0
_STOP_SECONDS = 1.0


@dataclass
class Manners:
    """How the carrier behaves, in seconds; may be changed while it runs.

    `latency` passes before any answer, `slow` before a slow one; a receipt comes after a time between the two
    of `receipts_after`.
    """

    latency: float = 0.02
    slow: float = 3.0
    receipts_after: tuple[float, float] = (1.0, 3.0)
    receipt_interval: float = 0.25


class Carrier:
    """One listening carrier. `start` and `stop` once, on one event loop."""

    def __init__(self, book: Path, secret: str, manners: Manners) -> None:
        self._book = Book(book)
        self._secret = f"Bearer {secret}".encode()
        self._manners = manners
        self._couriers = Couriers(self._book, secret, manners.receipt_interval)
        self._put_off: dict[str, int] = {}
        self._runner: web.AppRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; 0 picks a free port. Returns the port. Raises OSError when it cannot be had."""
        app = web.Application(client_max_size=_LONGEST_BODY)
        app.add_routes([web.post("/messages", self._submit), web.get("/messages", self._list)])
        self._runner = web.AppRunner(
            app, access_log=None, keepalive_timeout=75, shutdown_timeout=_STOP_SECONDS
        )
        await self._runner.setup()
        # The port comes first: whoever does not get it must not touch the book of the one that has it.
        listener = socket.create_server((host, port), family=_family(host), backlog=256)
        try:
            await self._book.open(time.time())
            await self._couriers.start()
            await web.SockSite(self._runner, listener).start()
        except BaseException:
            listener.close()
            raise
        return int(listener.getsockname()[1])

    async def stop(self) -> None:
        """Stop listening, end the answers under way, write the book down."""
        if self._runner is not None:
            await self._runner.cleanup()
        await self._couriers.stop()
        await self._book.close()

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        arrived = time.time()
        if not self._authentic(request):
            return web.json_response({"error": "credentials"}, status=401)
        try:
            message = Submission.read(await request.read())
        except Malformed as error:
            return web.json_response({"error": str(error)}, status=400)
        if not is_loopback(message.callback_url):
            return web.json_response({"error": ErrorCode.CALLBACK_NOT_LOCAL}, status=422)
        ending = ending_of(message.to)
        await asyncio.sleep(self._manners.latency)
        refusal = self._refusal(ending, message.reference)
        if refusal is not None:
            return refusal
        try:
            gateway_id = await self._accept(message, ending, arrived)
        except sqlite3.Error:
            return web.json_response({"error": ErrorCode.CARRIER_BUSY}, status=503)
        return await self._answer(request, ending, gateway_id)

    def _authentic(self, request: web.Request) -> bool:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), self._secret)

    def _refusal(self, ending: Ending, reference: str) -> web.Response | None:
        """The answer to a message that is not taken; none when it is."""
        if ending.answer is Answer.REFUSE:
            return web.json_response({"error": ending.code}, status=422)
        tries = self._put_off.get(reference, 0)
        if tries >= ending.times:
            self._put_off.pop(reference, None)
            return None
        self._put_off[reference] = tries + 1
        headers = {"Retry-After": "1"}
        if ending.answer is Answer.THROTTLE:
            return web.json_response({"error": ErrorCode.THROTTLED}, status=429, headers=headers)
        return web.json_response({"error": ErrorCode.CARRIER_BUSY}, status=503, headers=headers)

    async def _accept(self, message: Submission, ending: Ending, arrived: float) -> str:
        """Write the message and its receipts down; the id we gave it."""
        gateway_id = secrets.token_hex(10)
        owed = self._owed(message, ending, gateway_id)
        await self._book.record(
            Line(gateway_id, message.reference, message.to, message.sender_id, message.text, arrived, owed)
        )
        if owed:
            self._couriers.serve(message.callback_url)
        return gateway_id

    def _owed(self, message: Submission, ending: Ending, gateway_id: str) -> list[OwedReceipt]:
        """The receipts that this message will bring, one after the other; a code belongs to the last."""
        owed = []
        due = time.time()
        for number, status in enumerate(ending.receipts, start=1):
            due += random.uniform(*self._manners.receipts_after)
            owed.append(
                OwedReceipt(
                    gateway_id=gateway_id,
                    reference=message.reference,
                    status=status,
                    error=ending.code if number == len(ending.receipts) else None,
                    callback_url=message.callback_url,
                    due=due,
                )
            )
        return owed

    async def _answer(self, request: web.Request, ending: Ending, gateway_id: str) -> web.StreamResponse:
        """What the sender hears of a message that was taken."""
        if ending.answer is Answer.ACCEPT_AND_FAIL:
            return web.json_response({"error": "internal"}, status=500)
        if ending.answer is Answer.ACCEPT_AND_HANG_UP:
            _reset(request)
        elif ending.answer is Answer.ACCEPT_IN_SILENCE:
            await _until_gone(request)
        elif ending.answer is Answer.ACCEPT_SLOWLY:
            await asyncio.sleep(self._manners.slow)
        return web.json_response({"id": gateway_id}, status=202)

    async def _list(self, request: web.Request) -> web.Response:
        """GET /messages?since=<row>: what was accepted after that row, oldest first, and the next `since`."""
        if not self._authentic(request):
            return web.json_response({"error": "credentials"}, status=401)
        since = request.query.get("since", "0")
        if not (since.isascii() and since.isdigit() and len(since) < 19):
            return web.json_response({"error": "since must be the number of a row"}, status=400)
        found = await self._book.acceptances(int(since), _MOST_LISTED)
        last = found[-1].row if found else int(since)
        return web.json_response({"messages": [line._asdict() for line in found], "since": last})


def is_loopback(url: str) -> bool:
    """Whether an http address is this very machine's."""
    try:
        parsed = URL(url)
    except ValueError:
        return False
    if parsed.scheme not in ("http", "https") or not parsed.host:
        return False
    if parsed.host == "localhost":
        return True
    try:
        return ip_address(parsed.host).is_loopback
    except ValueError:
        return False


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _reset(request: web.Request) -> None:
    """Cut the line with a reset: with no time to linger, closing sends RST instead of FIN."""
    transport = request.transport
    if transport is None:
        return
    line = transport.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _until_gone(request: web.Request) -> None:
    """Say nothing until the sender hangs up, or for two minutes."""
    for _ in range(int(_SILENCE_SECONDS / 0.1)):
        if request.transport is None or request.transport.is_closing():
            return
        await asyncio.sleep(0.1)
