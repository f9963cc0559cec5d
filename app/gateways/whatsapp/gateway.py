"""WhatsApp by Meta's Cloud API: approved templates out, signed webhooks back.

By https://developers.facebook.com/docs/whatsapp/cloud-api: `POST /{version}/{phone_number_id}/messages` with a bearer
token. 200 with `messages[0].id` is accepted, and says nothing of delivery. `biz_opaque_callback_data` carries our
reference, which every status repeats; so a message in doubt is settled by its first webhook. Meta does not drop a
second message with the same data: it dedupes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from app.gateways.base import (
    Accepted,
    Callback,
    Capabilities,
    DeliveryReport,
    InDoubt,
    OnReports,
    OptOut,
    Outcome,
    OutgoingMessage,
    Refused,
    TemplateHeader,
    TemplateMessage,
)
from app.gateways.errors import ErrorCode
from app.gateways.http_wire import HttpWire
from app.gateways.redaction import Redactor, ShownRequest
from app.gateways.whatsapp import webhooks
from app.gateways.whatsapp.errors import outcome_of
from app.gateways.whatsapp.settings import WhatsAppSettings

_LONGEST_ID: Final = 100


class WhatsAppGateway:
    """A `Gateway` to one WhatsApp business number."""

    def __init__(self, settings: WhatsAppSettings, callback_url: str) -> None:
        self.capabilities = Capabilities(
            dedupes_reference=False,
            can_be_asked=False,
            receipts=True,
            concurrency=settings.concurrency,
            long_text=True,
            answer_timeout=settings.answer_timeout,
            recipients_per_day=settings.recipients_per_day,
            recipients_pool=f"whatsapp:{settings.portfolio}",
        )
        self._settings = settings
        self._callback_url = callback_url
        self._wire = HttpWire(
            settings.concurrency,
            settings.answer_timeout,
            {"Authorization": f"Bearer {settings.access_token}"},
            Redactor([settings.access_token, settings.app_secret, settings.verify_token]),
        )

    async def open(self, _on_reports: OnReports | None = None) -> None:
        """Get ready to send. Connections open with the first messages, a few at a time."""
        await self._wire.open()

    async def close(self) -> None:
        """Let go of all connections."""
        await self._wire.close()

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Hand the message over once. Raises RuntimeError when not open, and nothing else."""
        if message.template is None:
            return Refused(ErrorCode.TEMPLATE_WANTED)
        body = self._body(message, message.template)
        return await self._wire.post(self._settings.messages_url, _outcome, json=body)

    def shown(self, message: OutgoingMessage) -> ShownRequest:
        """What `send` asks, without secrets; of a message without a template, nothing."""
        body = self._body(message, message.template) if message.template else {}
        written = json.dumps(body, ensure_ascii=False)
        return self._wire.shown("POST", self._settings.messages_url, {}, written)

    def _body(self, message: OutgoingMessage, template: TemplateMessage) -> dict[str, Any]:
        return {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": message.to,
            "type": "template",
            "template": self._template(template),
            "biz_opaque_callback_data": message.reference,
        }

    def _template(self, template: TemplateMessage) -> dict[str, Any]:
        components: list[dict[str, Any]] = []
        if template.header is not None:
            components.append({"type": "header", "parameters": [self._media(template.header)]})
        if template.parameters:
            values = [{"type": "text", "text": value} for value in template.parameters]
            components.append({"type": "body", "parameters": values})
        written: dict[str, Any] = {"name": template.name, "language": {"code": template.language}}
        return written | ({"components": components} if components else {})

    def _media(self, header: TemplateHeader) -> dict[str, Any]:
        """The header's file, by Meta's id for it or by an address that Meta fetches it from."""
        if header.media_id is not None:
            media = {"id": header.media_id}
        else:
            media = {"link": header.link or f"{self._callback_url}/{header.path}"}
        if header.kind == "document" and header.name:
            media["filename"] = header.name
        return {"type": header.kind, header.kind: media}

    def read_receipts(self, callback: Callback, now: datetime) -> list[DeliveryReport]:
        """The statuses of a webhook; none of a verification. Raises ForgedReceipt and UnreadableReceipt."""
        return webhooks.reports(self._settings, callback)

    def read_opt_outs(self, callback: Callback, now: datetime) -> list[OptOut]:
        """Who stopped or resumed marketing messages. Raises ForgedReceipt and UnreadableReceipt."""
        return webhooks.opt_outs(self._settings, callback)

    def callback_answer(self, callback: Callback) -> str:
        """Meta's challenge, repeated once its token was found right; empty for the rest, under 200."""
        return callback.query.get("hub.challenge", "") if callback.method == "GET" else ""


def _outcome(status: int, _headers: Mapping[str, str], body: bytes) -> Outcome:
    """What an answer means; only a body of Meta's documented shape is understood."""
    answer = _json_object(body)
    if 200 <= status < 300:
        gateway_id = _first_id(answer)
        return Accepted(gateway_id) if gateway_id else InDoubt(ErrorCode.UNREADABLE_ANSWER)
    error = answer.get("error")
    if not isinstance(error, dict):
        return outcome_of(status, None)
    return outcome_of(status, _whole(error.get("code")), _whole(error.get("error_subcode")))


def _first_id(answer: Mapping[str, Any]) -> str | None:
    messages = answer.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    found = first.get("id") if isinstance(first, dict) else None
    return found if isinstance(found, str) and 0 < len(found) <= _LONGEST_ID else None


def _whole(value: object) -> int | None:
    return value if type(value) is int else None


def _json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; an empty one when it is anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
