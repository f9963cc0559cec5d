"""A place for receipts on loopback, and short ways to send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.gateways.base import Callback, DeliveryReport, Gateway, Outcome, OutgoingMessage
from app.gateways.registry import make_gateway
from tests.loopback import QuietHandler, serving_handler
from tests.waiting import until


@dataclass
class Letterbox:
    """Takes callbacks. Answers with `status`; `calls` are (headers, body, status) in the order of arrival."""

    url: str = ""
    status: int = 204
    location: str | None = None
    calls: list[tuple[dict[str, str], bytes, int]] = field(default_factory=list)

    def receipts(self) -> list[dict[str, Any]]:
        """What arrived in the calls that were acknowledged."""
        taken = [body for _, body, status in self.calls if status == 204]
        return [receipt for body in taken for receipt in json.loads(body)["receipts"]]

    def reports(self, gateway: Gateway) -> list[DeliveryReport]:
        """What the gateway reads in the acknowledged calls."""
        now = datetime.now(UTC)
        taken = [
            Callback("POST", headers, {}, body, "127.0.0.1")
            for headers, body, status in self.calls
            if status == 204
        ]
        return [report for callback in taken for report in gateway.read_receipts(callback, now)]

    def wait(self, enough: Callable[[], bool]) -> None:
        """Until `enough` is true; fails the test when it never gets there."""
        until(enough, why=lambda: f"Only this came: {self.receipts()}")


@contextmanager
def open_letterbox() -> Iterator[Letterbox]:
    """A letterbox that listens."""
    box = Letterbox()

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = box.status
            box.calls.append((dict(self.headers), body, status))
            self.send_response(status)
            if box.location is not None:
                self.send_header("Location", box.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with serving_handler(Handler) as address:
        box.url = f"{address}/callbacks/route"
        yield box


def gateway_to(url: str, callback_url: str = "http://127.0.0.1:9/", **settings: object) -> Gateway:
    """A closed gateway, patient unless told otherwise."""
    given = {"url": url, "secret": "sandbox-secret", "answer_timeout": 30, **settings}
    return make_gateway("sandbox", given, callback_url=callback_url)


def message(to: str, reference: str = "ref-1", text: str = "Your table is ready.") -> OutgoingMessage:
    return OutgoingMessage(reference=reference, to=to, text=text, sender_id="BISTRO")


async def exchange(gateway: Gateway, *messages: OutgoingMessage) -> list[Outcome]:
    """Open, send one after the other, close."""
    await gateway.open()
    try:
        return [await gateway.send(one) for one in messages]
    finally:
        await gateway.close()


def send(gateway: Gateway, *messages: OutgoingMessage) -> list[Outcome]:
    return asyncio.run(exchange(gateway, *messages))
