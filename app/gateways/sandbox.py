"""The client side of the sandbox carrier: JSON over HTTP, receipts by signed callback.

The wire, which `sandbox_carrier` speaks from the other end:
`POST /messages` with reference, to, text, sender_id, callback_url and a bearer secret.
202 `{"id"}` accepted · 422 `{"error"}` refused · 429 throttled and 503 `{"error": "carrier_busy"}` not taken,
try again (Retry-After in seconds) · 400 not understood · 401, 403, 404 not our carrier · else unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from yarl import URL

from app.gateways import signature
from app.gateways.base import (
    Accepted,
    Callback,
    Capabilities,
    Deferred,
    DeliveryReport,
    InDoubt,
    OnReports,
    Outcome,
    OutgoingMessage,
    Refused,
    ReportStatus,
    UnreadableReceipt,
)
from app.gateways.described import Form, Setting, answer_within, at_once
from app.gateways.errors import ErrorCode
from app.gateways.given import Given
from app.gateways.http_wire import HttpWire
from app.gateways.redaction import Redactor, ShownRequest
from app.language import gettext, mark

_MOST_RECEIPTS = 1000
_LONGEST = {"id": 100, "reference": 40, "error": 64}

SETTINGS: Final = (
    Setting("url", mark("Give the carrier's address, such as http://127.0.0.1:8790.")),
    Setting("secret", mark("Give the secret that the carrier signs its receipts with."), Form.SECRET),
    at_once(),
    answer_within(),
)


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """The carrier's `url`, the `secret` shared with it, sends at once, and seconds it may take to answer."""

    url: URL
    secret: str
    concurrency: int = 32
    answer_timeout: float = 10.0

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> SandboxSettings:
        """Check what a route or the configuration says. Raises SettingsRefused, naming the setting."""
        given = Given(settings, SETTINGS, gettext("The sandbox"))
        return cls(
            url=given.url("url"),
            secret=given.text("secret"),
            concurrency=given.whole("concurrency"),
            answer_timeout=given.seconds("answer_timeout"),
        )


class SandboxGateway:
    """A `Gateway` to the sandbox carrier."""

    def __init__(self, settings: SandboxSettings, callback_url: str) -> None:
        self.capabilities = Capabilities(
            dedupes_reference=False,
            can_be_asked=False,
            receipts=True,
            concurrency=settings.concurrency,
            long_text=True,
            answer_timeout=settings.answer_timeout,
        )
        self._secret = settings.secret
        self._callback_url = callback_url
        self._target = settings.url / "messages"
        self._wire = HttpWire(
            settings.concurrency,
            settings.answer_timeout,
            {"Authorization": f"Bearer {settings.secret}"},
            Redactor([settings.secret]),
        )

    async def open(self, _on_reports: OnReports | None = None) -> None:
        """Get ready to send. Connections open with the first messages, a few at a time."""
        await self._wire.open()

    async def close(self) -> None:
        """Let go of all connections."""
        await self._wire.close()

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Hand the message over once. Raises RuntimeError when not open, and nothing else."""
        return await self._wire.post(self._target, _outcome, json=self._body(message))

    def shown(self, message: OutgoingMessage) -> ShownRequest:
        """What `send` asks, without secrets."""
        return self._wire.shown("POST", self._target, {}, json.dumps(self._body(message), ensure_ascii=False))

    def _body(self, message: OutgoingMessage) -> dict[str, str | None]:
        return {
            "reference": message.reference,
            "to": message.to,
            "text": message.text,
            "sender_id": message.sender_id,
            "callback_url": self._callback_url,
        }

    def read_receipts(self, callback: Callback, now: datetime) -> list[DeliveryReport]:
        """The receipts of one callback. Raises ForgedReceipt, or UnreadableReceipt when one is malformed."""
        wanted = signature.HEADER.lower()
        header = next((value for name, value in callback.headers.items() if name.lower() == wanted), None)
        signature.verify(self._secret, header, callback.body, now)
        content = _json_object(callback.body)
        if content is None:
            raise UnreadableReceipt("The callback is not a JSON object.")
        receipts = content.get("receipts")
        if not isinstance(receipts, list) or len(receipts) > _MOST_RECEIPTS:
            raise UnreadableReceipt(f"The callback needs a list of at most {_MOST_RECEIPTS} receipts.")
        return [_report(row, item) for row, item in enumerate(receipts, start=1)]


def _outcome(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """What an answer means, by the table at the top of this module."""
    if status == 429:
        return Deferred(ErrorCode.THROTTLED, _seconds(headers.get("Retry-After")))
    if status == 400:
        return Refused(ErrorCode.REJECTED_REQUEST)
    if status in (401, 403, 404):
        return Deferred(ErrorCode.GATEWAY_SETTINGS)
    answer = _json_object(body) or {}
    if status == 202:
        gateway_id = answer.get("id")
        if isinstance(gateway_id, str) and 0 < len(gateway_id) <= _LONGEST["id"]:
            return Accepted(gateway_id)
        return InDoubt(ErrorCode.UNREADABLE_ANSWER)
    error = answer.get("error")
    if status == 422 and isinstance(error, str):
        return Refused(error[: _LONGEST["error"]] or ErrorCode.REJECTED_REQUEST)
    if status == 503 and error == ErrorCode.CARRIER_BUSY:
        return Deferred(ErrorCode.CARRIER_BUSY, _seconds(headers.get("Retry-After")))
    return InDoubt(ErrorCode.GATEWAY_FAILURE)


def _seconds(header: str | None) -> float | None:
    """Retry-After in its form of whole seconds, at most an hour; the date form is not the sandbox's."""
    if header is None or not (header.isascii() and header.isdigit()):
        return None
    return min(float(header), 3600.0)


def _json_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object in a body; none when it is anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _report(row: int, item: object) -> DeliveryReport:
    if not isinstance(item, dict):
        raise UnreadableReceipt(f"Receipt {row} is not an object.")
    gateway_id = _text(row, item, "id")
    if not gateway_id:
        raise UnreadableReceipt(f"Receipt {row} names no message.")
    try:
        status = ReportStatus(str(item.get("status")))
    except ValueError as error:
        raise UnreadableReceipt(f"Receipt {row} has an unknown status.") from error
    return DeliveryReport(gateway_id, status, _text(row, item, "reference"), _text(row, item, "error"))


def _text(row: int, item: Mapping[str, Any], field: str) -> str | None:
    """A field that is text or absent, and fits its column. Raises UnreadableReceipt."""
    value = item.get(field)
    if value is None or (isinstance(value, str) and len(value) <= _LONGEST[field]):
        return value
    raise UnreadableReceipt(f"Receipt {row} has a bad “{field}”.")
