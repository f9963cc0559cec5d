"""A carrier on loopback that plays Infobip's SMS API, and the settings of our own documentation to reach it.

Shapes by Infobip's reference: POST /sms/3/messages, its statuses, and its delivery reports.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from app.gateways.base import Callback, Gateway
from app.gateways.registry import make_gateway
from tests.loopback import serving_aiohttp
from tests.source import ROOT

API_KEY = "003026bbc133714df1834b8638bb496e"
RECEIPT_SECRET = "a-long-secret-for-the-receipts"
CALLBACK_URL = "https://panel.example/callbacks/r"
RECEIPT_URL = f"{CALLBACK_URL}?token={RECEIPT_SECRET}"


def documented_lines() -> list[str]:
    """The worked example's settings, as they stand in docs/gateways.md."""
    words = (ROOT / "docs/gateways.md").read_text().split("Worked example: Infobip", 1)[1]
    return re.split(r"^```$", words, flags=re.MULTILINE)[1].strip().splitlines()


def documented() -> dict[str, Any]:
    """The same, read as the staff's form reads them, and their secrets."""
    pairs = [line.split(" = ", 1) for line in documented_lines()]
    found = {name: json.loads(value) if value[0] in "[{" else value for name, value in pairs}
    return found | {"api_key": API_KEY, "receipt_secret": RECEIPT_SECRET}


GOOD = documented()


@dataclass
class Carrier:
    """`status` is (groupName, name) of the next answer; `raw` a whole answer (status, body, headers) in its place."""

    url: str = ""
    status: tuple[str, str] = ("PENDING", "PENDING_ACCEPTED")
    raw: tuple[int, bytes, dict[str, str]] | None = None
    delay: float = 0.0
    hang_up: bool = False
    bodies: list[Any] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def infobip(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"App {API_KEY}":
            return web.json_response({"errorCode": "E401", "description": "Unauthorized"}, status=401)
        body = json.loads(await self._taken(request))
        if self.raw is not None:
            return self._raw()
        group, name = self.status
        status = {"groupId": 1, "groupName": group, "id": 26, "name": name, "description": "In its own words"}
        destination = body["messages"][0]["destinations"][0]
        answer = {"messageId": destination["messageId"], "status": status, "destination": destination["to"]}
        return web.json_response({"bulkId": "2034072219640523072", "messages": [answer]})

    async def anything(self, request: web.Request) -> web.Response:
        await self._taken(request)
        return self._raw()

    async def _taken(self, request: web.Request) -> bytes:
        raw = await request.read()
        is_form = request.content_type == "application/x-www-form-urlencoded"
        self.bodies.append(dict(await request.post()) if is_form else raw and json.loads(raw))
        self.queries.append(dict(request.query))
        self.headers.append(dict(request.headers))
        await asyncio.sleep(self.delay)
        if self.hang_up:
            assert request.transport is not None
            request.transport.abort()
        return raw

    def _raw(self) -> web.Response:
        status, body, headers = self.raw or (200, b"OK 1", {})
        return web.Response(status=status, body=body, headers=headers)

    def gateway(self, **settings: object) -> Gateway:
        """To the worked example's API; settings change it."""
        return http({"url": f"{self.url}/sms/3/messages", "answer_timeout": 5, **settings})


@contextmanager
def running_carrier() -> Iterator[Carrier]:
    """A carrier that listens, in a thread of its own."""
    carrier, application = Carrier(), web.Application()
    application.router.add_post("/sms/3/messages", carrier.infobip)
    application.router.add_route("*", "/plain", carrier.anything)
    with serving_aiohttp(application) as carrier.url:
        yield carrier


def http(settings: dict[str, object]) -> Gateway:
    return make_gateway("http", GOOD | settings, callback_url=CALLBACK_URL)


def report(
    group: str = "DELIVERED", message_id: str = "ref-1", error: str = "NO_ERROR", **more: object
) -> dict[str, Any]:
    """One of Infobip's delivery reports."""
    return {
        "bulkId": "2034072219640523072",
        "messageId": message_id,
        "to": "60123456701",
        "sentAt": "2026-03-01T12:00:00.000+0000",
        "doneAt": "2026-03-01T12:00:01.000+0000",
        "messageCount": 1,
        "status": {"groupId": 3, "groupName": group, "id": 5, "name": f"{group}_X", "description": "D"},
        "error": {"groupId": 0, "groupName": "OK", "id": 0, "name": error, "permanent": False},
        **more,
    }


def reported(*reports: object, token: str = RECEIPT_SECRET, remote: str = "203.0.113.9") -> Callback:
    body = json.dumps({"results": reports}).encode()
    return Callback("POST", {"Content-Type": "application/json"}, {"token": token}, body, remote)
