"""Meta's side on loopback: a Graph API that checks a request's shape and answers as told, and a signer of webhooks.

Shapes by the Cloud API's reference: POST /{version}/{phone_number_id}/messages, error objects, webhook payloads.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from app.gateways.base import Callback, Gateway, OutgoingMessage, TemplateHeader, TemplateMessage
from app.gateways.registry import make_gateway
from tests.loopback import serving_aiohttp

NUMBER_ID = "106540352242922"
TOKEN = "EAAJB-a-long-access-token"
APP_SECRET = "0123456789abcdef0123456789abcdef"
VERIFY_TOKEN = "carillon-says-hello-to-meta"
CALLBACK_URL = "https://panel.example/callbacks/r"
GOOD: dict[str, object] = {
    "phone_number_id": NUMBER_ID,
    "access_token": TOKEN,
    "app_secret": APP_SECRET,
    "verify_token": VERIFY_TOKEN,
}


@dataclass
class Graph:
    """`error` is (status, code, subcode) of the answer to come, `raw` a body in its place; `requests` is what came."""

    url: str = ""
    error: tuple[int, int, int | None] | None = None
    raw: tuple[int, bytes] | None = None
    delay: float = 0.0
    hang_up: bool = False
    requests: list[dict[str, Any]] = field(default_factory=list)

    async def messages(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._error(401, 190)
        if request.match_info["number"] != NUMBER_ID:
            return self._error(400, 100, 33)
        body = await request.json()
        self.requests.append(body)
        await asyncio.sleep(self.delay)
        if self.hang_up:
            assert request.transport is not None
            request.transport.abort()
        if self.raw is not None:
            return web.Response(status=self.raw[0], body=self.raw[1], headers={"Location": "/elsewhere"})
        if self.error is not None:
            return self._error(*self.error)
        if body.get("messaging_product") != "whatsapp" or body.get("type") != "template":
            return self._error(400, 131008)
        wa_id = body["to"].removeprefix("+")
        return web.json_response(
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": body["to"], "wa_id": wa_id}],
                "messages": [{"id": f"wamid.{wa_id}.{len(self.requests)}", "message_status": "accepted"}],
            }
        )

    def _error(self, status: int, code: int, subcode: int | None = None) -> web.Response:
        error: dict[str, Any] = {
            "message": f"(#{code})",
            "type": "OAuthException",
            "code": code,
            "fbtrace_id": "A",
        }
        if subcode is not None:
            error["error_subcode"] = subcode
        return web.json_response({"error": error}, status=status)

    def gateway(self, **settings: object) -> Gateway:
        return whatsapp(**{"url": self.url, "answer_timeout": 5, **settings})


@contextmanager
def running_graph() -> Iterator[Graph]:
    """A Graph API that listens, in a thread of its own."""
    graph, application = Graph(), web.Application()
    application.router.add_post("/{version}/{number}/messages", graph.messages)
    with serving_aiohttp(application) as graph.url:
        yield graph


def whatsapp(**settings: object) -> Gateway:
    return make_gateway("whatsapp", {**GOOD, **settings}, callback_url=CALLBACK_URL)


def template_message(
    *parameters: str, header: TemplateHeader | None = None, to: str = "+16505551234"
) -> OutgoingMessage:
    template = TemplateMessage("spring_sale", "en_US", parameters, header)
    return OutgoingMessage("ref-1", to, "Dear Ann, spring is here.", None, template)


def signed(body: bytes, secret: str = APP_SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def webhook(value: dict[str, Any], field: str = "messages", number_id: str = NUMBER_ID) -> bytes:
    """A webhook with one change, as Meta writes it."""
    metadata = {"display_phone_number": "15550783881", "phone_number_id": number_id}
    change = {"value": {"messaging_product": "whatsapp", "metadata": metadata, **value}, "field": field}
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": [change]}]}
    ).encode()


def status(says: str, wamid: str = "wamid.1", *, code: int | None = None, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": wamid,
        "status": says,
        "timestamp": "1731705721",
        "recipient_id": "16505551234",
        "biz_opaque_callback_data": "ref-1",
        **more,
    }
    if code is not None:
        details = {"details": "In Meta's own words."}
        found["errors"] = [
            {"code": code, "title": "T", "message": "M", "error_data": details, "href": "/docs"}
        ]
    return found


def preference(value: str, wa_id: str = "16505551234", timestamp: int = 1731705721) -> dict[str, Any]:
    detail = f"User requested to {value} marketing messages"
    wish = {
        "wa_id": wa_id,
        "detail": detail,
        "category": "marketing_messages",
        "value": value,
        "timestamp": timestamp,
    }
    return {"contacts": [{"profile": {"name": "Ann"}, "wa_id": wa_id}], "user_preferences": [wish]}


def posted(body: bytes, **headers: str) -> Callback:
    return Callback("POST", {**signed(body), **headers}, {}, body, "203.0.113.9")
