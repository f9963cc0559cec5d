"""A carrier that misbehaves by dice, and writes down what it did: what it took, what it told, what it was told.

What it does with a request depends on the seed, the number written to and how often it was asked for it, and on
nothing else: the same seed gives the same carrier.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import random
import socket
import struct
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import TracebackType

import aiohttp
from aiohttp import web

SECRET = "the-carrier-and-we-know-this"
HEADER = "X-Signature"
SILENCE = 20.0
PATIENCE = 300.0  # seconds for what has no promise: a busy machine takes its time
STALL = 0.5  # seconds by which it is called late; what is given up meanwhile it may never see
Stall = tuple[datetime, datetime]  # from when until when


class Manner(StrEnum):
    """What the carrier does with one request. The first four leave the sender in doubt."""

    TAKE_AND_SAY_NOTHING = "take and say nothing"
    TAKE_AND_RESET = "take and reset"
    TAKE_AND_FAIL = "take and fail"
    RESET = "reset"
    TAKE_LATE = "take late"
    THROTTLE = "throttle"
    BUSY = "busy"
    REFUSE = "refuse"
    TAKE = "take"


AMBIGUOUS = frozenset(
    {Manner.TAKE_AND_SAY_NOTHING, Manner.TAKE_AND_RESET, Manner.TAKE_AND_FAIL, Manner.RESET}
)
_NOT_TAKEN = frozenset({Manner.RESET, Manner.THROTTLE, Manner.BUSY, Manner.REFUSE})
_LIKELY = {
    Manner.TAKE_AND_SAY_NOTHING: 2,
    Manner.TAKE_AND_RESET: 2,
    Manner.TAKE_AND_FAIL: 2,
    Manner.RESET: 1,
    Manner.TAKE_LATE: 4,
    Manner.THROTTLE: 3,
    Manner.BUSY: 2,
    Manner.REFUSE: 2,
    Manner.TAKE: 82,
}
GENTLE = {Manner.TAKE: 1}


@dataclass
class Record:
    """What the carrier knows. `taken` counts the texts that a reader would get, by our reference."""

    taken: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    ambiguous: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    arrivals: list[datetime] = field(default_factory=list)
    answered: dict[str, datetime] = field(default_factory=dict)  # when its last answer was given
    stalls: list[Stall] = field(default_factory=list)  # when its machine let it do nothing
    endings: dict[str, str] = field(default_factory=dict)  # delivered or failed, by reference
    untold: set[str] = field(default_factory=set)  # of these no receipt is ever sent
    owed: set[str] = field(default_factory=set)  # a true receipt not yet acknowledged
    forged: int = 0
    believed: int = 0  # forged ones that were acknowledged


class ChaosCarrier:
    """`with ChaosCarrier(seed) as carrier:` listens at `carrier.url`; receipts go where each message says.

    `dedupes`: a reference that it took is taken once. `tells_doubtful`: whether receipts come also for what the
    sender was left in doubt of; a carrier that can be asked may leave that to the asking.
    """

    def __init__(
        self,
        seed: int,
        *,
        dedupes: bool = False,
        tells_doubtful: bool = True,
        manners: dict[Manner, int] | None = None,
        forged: float = 0.05,
    ) -> None:
        self.record = Record()
        self._seed = seed
        self._dedupes = dedupes
        self._tells_doubtful = tells_doubtful
        self._manners = manners or _LIKELY
        self._forged = forged
        self._post: asyncio.Queue[tuple[float, str, dict[str, str], bool]] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._callbacks: dict[str, str] = {}
        self._couriers: set[asyncio.Task[None]] = set()
        self._waiting: dict[str, list[tuple[float, dict[str, str], bool]]] = defaultdict(list)
        self.url = ""

    def __enter__(self) -> ChaosCarrier:
        started: Future[int] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live(started)), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{started.result(timeout=PATIENCE)}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None
        assert self._end is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _live(self, started: Future[int]) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        app = web.Application()
        app.add_routes([web.post("/messages", self._submit), web.get("/messages/{reference}", self._tell)])
        runner = web.AppRunner(app, access_log=None, keepalive_timeout=75, shutdown_timeout=0.1)
        await runner.setup()
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        await web.SockSite(runner, listener).start()
        courier = asyncio.create_task(self._bring())
        started.set_result(listener.getsockname()[1])
        await self._end.wait()
        courier.cancel()
        for each in self._couriers:
            each.cancel()
        await runner.cleanup()

    def _dice(self, *about: object) -> random.Random:
        return random.Random(":".join(map(str, (self._seed, *about))))

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._answer(request)
        finally:
            self.record.answered[(await request.json())["reference"]] = datetime.now(UTC)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.record.arrivals.append(datetime.now(UTC))
        body = await request.json()
        reference, to = body["reference"], body["to"]
        self.record.asked[to] += 1
        dice = self._dice(to, self.record.asked[to])
        manner = dice.choices(list(self._manners), list(self._manners.values()))[0]
        gateway_id = f"g-{reference}"
        known = self._dedupes and self.record.taken[reference] > 0
        if manner in AMBIGUOUS:
            self.record.ambiguous.add(reference)
        if manner not in _NOT_TAKEN and not known:
            self._take(reference, to, body["callback_url"], manner, dice)
        match manner:
            case Manner.TAKE_AND_SAY_NOTHING:
                await _until_gone(request)
            case Manner.TAKE_AND_RESET | Manner.RESET:
                _reset(request)
            case Manner.TAKE_AND_FAIL:
                return web.json_response({"error": "internal"}, status=500)
            case Manner.THROTTLE:
                return web.json_response({}, status=429, headers={"Retry-After": "1"})
            case Manner.BUSY:
                return web.json_response({}, status=503, headers={"Retry-After": "1"})
            case Manner.REFUSE if not known:
                self.record.refused.add(reference)
                return web.json_response({}, status=422)
            case Manner.TAKE_LATE:
                await asyncio.sleep(dice.uniform(0.2, 0.8))
        return web.json_response({"id": gateway_id}, status=202)

    async def _tell(self, request: web.Request) -> web.Response:
        """Asked about a reference: what became of it. One request in ten is not answered."""
        reference = request.match_info["reference"]
        self.record.asked[f"about {reference}"] += 1
        if self._dice("about", reference, self.record.asked[f"about {reference}"]).random() < 0.1:
            return web.json_response({}, status=500)
        if self.record.taken[reference]:
            return web.json_response({"id": f"g-{reference}", "state": "taken"})
        if reference in self.record.refused:
            return web.json_response({"state": "refused"})
        return web.json_response({"state": "unknown"}, status=404)

    def _take(self, reference: str, to: str, callback: str, manner: Manner, dice: random.Random) -> None:
        """A text goes out; its receipts follow, some before the answer, some of them forged by somebody else."""
        self.record.taken[reference] += 1
        ending = "delivered" if self._dice(to, "ending").random() < 0.9 else "failed"
        self.record.endings[reference] = ending
        if manner in AMBIGUOUS and not self._tells_doubtful:
            self.record.untold.add(reference)
            return
        self.record.owed.add(reference)
        true = {"id": f"g-{reference}", "reference": reference, "status": ending}
        delay = 0.0 if dice.random() < 0.1 else dice.uniform(0.02, 0.8)
        for copy in range(dice.randint(1, 4)):
            self._waiting[callback].append((time.monotonic() + delay * (1 + copy / 4), true, False))
        if dice.random() < self._forged:
            lie = {**true, "status": "failed" if ending == "delivered" else "delivered"}
            self._waiting[callback].append((time.monotonic() + delay / 2, lie, True))

    async def _bring(self) -> None:
        """Every 100 ms, send out what is due: true receipts together, shuffled, and forged ones by themselves."""
        dice = self._dice("courier")
        timeout = aiohttp.ClientTimeout(total=3.0)
        async with aiohttp.ClientSession(timeout=timeout) as client:
            while True:
                asleep_from = time.monotonic()
                await asyncio.sleep(0.1)
                moment = time.monotonic()
                if moment - asleep_from > 0.1 + STALL:
                    woke = datetime.now(UTC)
                    self.record.stalls.append((woke - timedelta(seconds=moment - asleep_from), woke))
                for callback, waiting in list(self._waiting.items()):
                    due = [each for each in waiting if each[0] <= moment]
                    self._waiting[callback] = [each for each in waiting if each[0] > moment]
                    dice.shuffle(due)
                    for is_lie in (False, True):
                        reports = [report for _, report, lie in due if lie is is_lie]
                        if reports:
                            self._send_out(client, callback, reports, is_lie)

    def _send_out(
        self, client: aiohttp.ClientSession, callback: str, reports: list[dict[str, str]], is_lie: bool
    ) -> None:
        errand = asyncio.create_task(self._deliver(client, callback, reports, is_lie))
        self._couriers.add(errand)
        errand.add_done_callback(self._couriers.discard)

    async def _deliver(
        self, client: aiohttp.ClientSession, callback: str, reports: list[dict[str, str]], is_lie: bool
    ) -> None:
        body = json.dumps({"receipts": reports}).encode()
        secret = "somebody else's secret" if is_lie else SECRET
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {HEADER: signature, "Content-Type": "application/json"}
        try:
            async with client.post(callback, data=body, headers=headers) as answer:
                taken = 200 <= answer.status < 300
        except (aiohttp.ClientError, TimeoutError, OSError):
            taken = False
        if is_lie:
            self.record.forged += len(reports)
            self.record.believed += len(reports) if taken else 0
        elif taken:
            self.record.owed.difference_update(report["reference"] for report in reports)
        else:
            self._waiting[callback] += [(time.monotonic() + 0.3, report, False) for report in reports]


def settings_of(url: str, kind: str, answer_timeout: float) -> tuple[dict[str, object], dict[str, str]]:
    """What a route says of this carrier, openly and in secret; `kind` is its class of capabilities."""
    openly: dict[str, object] = {
        "url": f"{url}/messages",
        "body": {"reference": "{reference}", "to": "{to}", "text": "{text}", "callback_url": "{receipt_url}"},
        "answers": [
            {"status": [202], "means": "accepted"},
            {"status": [422], "means": "refused"},
            {"status": [429], "means": "deferred", "code": "throttled"},
            {"status": [503], "means": "deferred", "code": "carrier_busy"},
        ],
        "id_path": "id",
        "receipt_list": "receipts",
        "receipt_id": "id",
        "receipt_reference": "reference",
        "receipt_status": "status",
        "receipt_statuses": {"delivered": "delivered", "failed": "failed"},
        "receipt_proof": "signature",
        "receipt_signature_header": HEADER,
        "receipt_signature_scheme": "hex",
        "answer_timeout": answer_timeout,
        "concurrency": 32,
    }
    if kind == "dedupes":
        openly["dedupes_reference"] = True
    if kind == "asked":
        openly["ask_url"] = f"{url}/messages/{{reference}}"
        openly["ask_answers"] = [
            {"status": [200], "path": "state", "values": ["taken"], "means": "accepted"},
            {"status": [200], "path": "state", "values": ["refused"], "means": "refused"},
        ]
    return openly, {"receipt_secret": SECRET}


def _reset(request: web.Request) -> None:
    """Cut the line with a reset: with no time to linger, closing sends RST instead of FIN."""
    transport = request.transport
    if transport is not None:
        line = transport.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


async def _until_gone(request: web.Request) -> None:
    deadline = time.monotonic() + SILENCE
    while time.monotonic() < deadline and request.transport is not None:
        if request.transport.is_closing():
            return
        await asyncio.sleep(0.05)
