"""The client side of the sandbox carrier: JSON over HTTP, receipts by signed callback.

The wire, which `sandbox_carrier` speaks from the other end:
`POST /messages` with reference, to, text, sender_id, callback_url and a bearer secret.
202 `{"id"}` accepted · 422 `{"error"}` refused · 429 throttled and 503 `{"error": "carrier_busy"}` not taken,
try again (Retry-After in seconds) · 400 not understood · 401, 403, 404 not our carrier · else unknown.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
from yarl import URL

from app.gateways import signature
from app.gateways.base import (
    Accepted,
    Capabilities,
    Deferred,
    DeliveryReport,
    InDoubt,
    Outcome,
    OutgoingMessage,
    Refused,
    ReportStatus,
    SettingsRefused,
    UnreadableReceipt,
)
from app.gateways.connector import GentleConnector
from app.gateways.errors import ErrorCode

_CONNECT_SECONDS = 3.0
# Shorter than any carrier keeps an idle connection: one it closes under our next message would be in doubt.
_KEEPALIVE_SECONDS = 15.0
_LONGEST_ANSWER = 64 * 1024
_MOST_RECEIPTS = 1000
_LONGEST = {"id": 100, "reference": 40, "error": 64}


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
        unknown = set(settings) - {"url", "secret", "concurrency", "answer_timeout"}
        if unknown:
            raise SettingsRefused(min(unknown), "The sandbox has no such setting.")
        secret = settings.get("secret")
        if not isinstance(secret, str) or not secret:
            raise SettingsRefused("secret", "Give the secret that the carrier signs its receipts with.")
        concurrency = settings.get("concurrency", 32)
        if type(concurrency) is not int or not 1 <= concurrency <= 500:
            raise SettingsRefused("concurrency", "Give a whole number from 1 to 500.")
        seconds = settings.get("answer_timeout", 10.0)
        if type(seconds) not in (int, float) or not 0.05 <= seconds <= 60:
            raise SettingsRefused("answer_timeout", "Give seconds, from 0.05 to 60.")
        return cls(_carrier_url(settings.get("url")), secret, concurrency, float(seconds))


def _carrier_url(value: object) -> URL:
    message = "Give the carrier's address, such as http://127.0.0.1:8790."
    if not isinstance(value, str):
        raise SettingsRefused("url", message)
    try:
        url = URL(value)
    except ValueError as error:
        raise SettingsRefused("url", message) from error
    if url.scheme not in ("http", "https") or not url.host:
        raise SettingsRefused("url", message)
    return url


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
        self._settings = settings
        self._callback_url = callback_url
        self._target = settings.url / "messages"
        self._client: aiohttp.ClientSession | None = None
        self._places = asyncio.Semaphore(settings.concurrency)

    async def open(self) -> None:
        """Get ready to send. Connections open with the first messages, a few at a time."""
        self._places = asyncio.Semaphore(self._settings.concurrency)
        self._client = aiohttp.ClientSession(
            connector=GentleConnector(limit=self._settings.concurrency, keepalive_timeout=_KEEPALIVE_SECONDS),
            timeout=aiohttp.ClientTimeout(
                total=self._settings.answer_timeout,
                # Well before the total, so that a carrier out of reach is never taken for one in doubt.
                connect=min(_CONNECT_SECONDS, self._settings.answer_timeout / 2),
            ),
            headers={"Authorization": f"Bearer {self._settings.secret}"},
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Let go of all connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Hand the message over once. Raises RuntimeError when not open, and nothing else."""
        if self._client is None:
            raise RuntimeError("The gateway is not open.")
        body = {
            "reference": message.reference,
            "to": message.to,
            "text": message.text,
            "sender_id": message.sender_id,
            "callback_url": self._callback_url,
        }
        async with self._places:
            return await _post(self._client, self._target, body)

    def read_receipts(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[DeliveryReport]:
        """The receipts of one callback. Raises ForgedReceipt, or UnreadableReceipt when one is malformed."""
        wanted = signature.HEADER.lower()
        header = next((value for name, value in headers.items() if name.lower() == wanted), None)
        signature.verify(self._settings.secret, header, body, now)
        content = _json_object(body)
        if content is None:
            raise UnreadableReceipt("The callback is not a JSON object.")
        receipts = content.get("receipts")
        if not isinstance(receipts, list) or len(receipts) > _MOST_RECEIPTS:
            raise UnreadableReceipt(f"The callback needs a list of at most {_MOST_RECEIPTS} receipts.")
        return [_report(row, item) for row, item in enumerate(receipts, start=1)]


async def _post(client: aiohttp.ClientSession, target: URL, body: Mapping[str, Any]) -> Outcome:
    """One request, one outcome. What fails before a connection stands was surely not sent."""
    try:
        # A redirect followed would send the message a second time.
        async with client.post(target, json=body, allow_redirects=False) as response:
            return _outcome(response.status, response.headers, await _read(response))
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        return Deferred(ErrorCode.UNREACHABLE)
    except TimeoutError:
        return InDoubt(ErrorCode.TIMEOUT)
    except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError):
        return InDoubt(ErrorCode.CONNECTION_LOST)
    except (aiohttp.ClientError, ValueError):
        return InDoubt(ErrorCode.UNREADABLE_ANSWER)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The answer's body. Raises ValueError when it is longer than any answer of the carrier."""
    body = b""
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _LONGEST_ANSWER:
            raise ValueError("The answer is too long.")
    return body


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
