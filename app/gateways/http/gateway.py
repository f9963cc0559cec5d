"""Any carrier that takes a message by one HTTP request, described by settings: see docs/gateways.md for an example."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.gateways.base import (
    Callback,
    Capabilities,
    DeliveryReport,
    ForgedReceipt,
    InDoubt,
    OnReports,
    OptOut,
    Outcome,
    OutgoingMessage,
    Refused,
)
from app.gateways.errors import ErrorCode
from app.gateways.http.body import filled
from app.gateways.http.settings import HttpSettings
from app.gateways.http_wire import HttpWire
from app.gateways.redaction import Redactor, ShownRequest


class HttpGateway:
    """A `Gateway` to the carrier that the settings describe."""

    def __init__(self, settings: HttpSettings, callback_url: str) -> None:
        self.capabilities = Capabilities(
            dedupes_reference=settings.dedupes_reference,
            can_be_asked=settings.questions is not None,
            receipts=settings.receipts is not None,
            concurrency=settings.concurrency,
            long_text=settings.long_text,
            answer_timeout=settings.answer_timeout,
        )
        self._settings = settings
        pair = f"{settings.api_key}:{settings.api_secret}".encode()
        self._known = {
            "api_key": settings.api_key,
            "api_secret": settings.api_secret,
            "basic": base64.b64encode(pair).decode(),
            "receipt_url": settings.callbacks.calls.address(callback_url) if settings.callbacks else "",
        }
        known = [settings.api_key, settings.api_secret, self._known["basic"]]
        receipt_secret = [settings.callbacks.calls.secret] if settings.callbacks else []
        redactor = Redactor([*known, *receipt_secret])
        self._wire = HttpWire(settings.concurrency, settings.answer_timeout, {}, redactor)

    async def open(self, _on_reports: OnReports | None = None) -> None:
        """Get ready to send. Connections open with the first messages, a few at a time."""
        await self._wire.open()

    async def close(self) -> None:
        """Let go of all connections."""
        await self._wire.close()

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Hand the message over once. Raises RuntimeError when not open, and nothing else."""
        settings, headers = self._settings, self._headers(message)
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            return Refused(ErrorCode.REJECTED_REQUEST)  # a sender ID or a text that no header can carry

        def reading(status: int, answered: Mapping[str, str], body: bytes) -> Outcome:
            return settings.answers.outcome(status, answered, body, message.reference)

        fields = self._fields(message)
        if not settings.form:
            request = {"json": fields}
        else:
            request = {"params": fields} if settings.method == "GET" else {"data": fields}
        return await self._wire.request(settings.method, settings.url, reading, headers=headers, **request)

    def shown(self, message: OutgoingMessage) -> ShownRequest:
        """What `send` asks, without secrets; a form's fields as JSON, one can read those."""
        headers, body = self._headers(message), json.dumps(self._fields(message), ensure_ascii=False)
        return self._wire.shown(self._settings.method, self._settings.url, headers, body)

    def _headers(self, message: OutgoingMessage) -> dict[str, str]:
        found: dict[str, str] = filled(self._settings.headers, self._values(message))
        return found

    def _fields(self, message: OutgoingMessage) -> dict[str, Any]:
        found: dict[str, Any] = filled(self._settings.body, self._values(message))
        return {name: str(value) for name, value in found.items()} if self._settings.form else found

    def _values(self, message: OutgoingMessage) -> dict[str, str]:
        """What each placeholder stands for. What is no character, a lone surrogate, must not raise later on."""
        own = {
            "reference": message.reference,
            "to": message.to,
            "to_digits": message.to.removeprefix("+"),
            "text": message.text,
            "sender": message.sender_id or self._settings.default_sender,
        }
        return self._known | {name: value.encode("utf-8", "replace").decode() for name, value in own.items()}

    async def ask(self, reference: str) -> Outcome:
        """What the carrier knows of the message. Raises RuntimeError when not open, and nothing else."""
        questions = self._settings.questions
        if questions is None:
            return InDoubt(ErrorCode.GATEWAY_FAILURE)
        nothing = dict.fromkeys(("to", "to_digits", "text", "sender"), "")
        headers: dict[str, str] = filled(
            self._settings.headers, self._known | nothing | {"reference": reference}
        )

        def reading(status: int, answered: Mapping[str, str], body: bytes) -> Outcome:
            return questions.answers.outcome(status, answered, body, reference)

        return await self._wire.request("GET", questions.url(reference), reading, headers=headers)

    def read_receipts(self, callback: Callback, now: datetime) -> list[DeliveryReport]:
        """The receipts of one callback. Raises ForgedReceipt and UnreadableReceipt."""
        if self._settings.callbacks is None:
            raise ForgedReceipt("This route's carrier sends no receipts.")
        return self._settings.callbacks.reports(callback, now)

    def read_opt_outs(self, callback: Callback, now: datetime) -> list[OptOut]:
        """Who wants no more messages, of those who wrote back. Raises as `read_receipts` does."""
        if self._settings.callbacks is None:
            raise ForgedReceipt("This route's carrier sends no replies.")
        return self._settings.callbacks.wishes(callback, now)
