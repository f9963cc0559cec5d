"""Kannel's `sendsms` over HTTP, receipts by its GETs to our callback address.

By Kannel 1.4.5's user guide (https://www.kannel.org/download/1.4.5/userguide-1.4.5/userguide.html, chapters 10 and
13) and what its smsbox answers: 202 `0: Accepted for delivery` and `3: Queued for later delivery` · 403
`Authorization failed`, `Not routable` and numbers on its black list · 400 a field it does not take · 404 not its
address · 503 `Temporal failure, try again later` · else unknown.

It answers with no id of its own, so the id that we know a message by is our reference, which the address of its
receipts repeats. Kannel cannot sign: that address carries a token made of a long secret and the reference, and only
addresses on a list are listened to. Credentials and text travel in a POST, because the address of a GET is logged.

What people send back comes by the POST of a sms-service (`post-url`, chapter 8): the text is the body, the sender a
header. Its address is the same for all, so its token is a secret of its own, good for nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final
from urllib.parse import quote

from yarl import URL

from app.content.alphabet import is_gsm
from app.gateways.base import (
    Accepted,
    Callback,
    Capabilities,
    Deferred,
    DeliveryReport,
    ForgedReceipt,
    InDoubt,
    OnReports,
    OptOut,
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
from app.gateways.receipt_text import ReceiptText
from app.gateways.redaction import Redactor, ShownRequest
from app.gateways.remote import comes_from
from app.gateways.replies import stop_of
from app.language import mark

# Delivered, not delivered, refused by the carrier: the final ones. Others would only double the callbacks.
_DLR_MASK: Final = "19"
_STATUSES: Final = {
    "1": ReportStatus.DELIVERED,
    "2": ReportStatus.FAILED,
    "4": ReportStatus.BUFFERED,
    "8": ReportStatus.BUFFERED,
    "16": ReportStatus.FAILED,
    "32": ReportStatus.BUFFERED,
}
_REJECTED_BY_CARRIER: Final = "16"
_LONGEST_REFERENCE: Final = 40
SETTINGS: Final = (
    Setting(
        "url",
        mark("Give the address of sendsms, such as http://127.0.0.1:13013/cgi-bin/sendsms."),
        needed=True,
    ),
    Setting("username", mark("Give the username of Kannel's sendsms-user group."), needed=True),
    Setting("password", mark("Give the password of Kannel's sendsms-user group."), Form.SECRET, needed=True),
    Setting(
        "receipt_secret",
        mark("Give at least 24 random characters; they authenticate the receipts."),
        Form.SECRET,
        least=24,
        needed=True,
        tuning=True,
    ),
    Setting(
        "receipt_networks",
        mark('Give a list of the addresses or networks that receipts come from, such as ["10.0.0.0/24"].'),
        Form.JSON,
        default=["127.0.0.1", "::1"],
        tuning=True,
    ),
    Setting(
        "reply_secret",
        mark("Give at least 24 random characters; they authenticate the replies. Without it none are taken."),
        Form.SECRET,
        least=24,
        tuning=True,
    ),
    Setting("default_sender", mark("The sender of messages that have no sender ID."), most=20, tuning=True),
    Setting("smsc", mark("One of Kannel's connections by its smsc-id; empty for any."), most=50),
    Setting("priority", mark("Kannel's priority of these messages."), Form.WHOLE, 0, 0, 3, tuning=True),
    at_once(),
    answer_within(),
)


@dataclass(frozen=True, slots=True)
class KannelSettings:
    """How to reach a smsbox and how its receipts prove themselves.

    `url` is the whole address of `sendsms`. `receipt_networks` are those that receipts and replies may come from;
    without a `reply_secret` no reply is believed. `smsc` picks one of Kannel's connections; `priority` is Kannel's, 0
    to 3.
    """

    url: URL
    username: str
    password: str = field(repr=False)
    receipt_secret: str = field(repr=False)
    receipt_networks: tuple[IPv4Network | IPv6Network, ...]
    reply_secret: str = field(repr=False)
    default_sender: str
    smsc: str
    priority: int
    concurrency: int
    answer_timeout: float

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> KannelSettings:
        """Check what a route says. Raises SettingsRefused, naming the setting."""
        given = Given(settings, SETTINGS, "Kannel")
        return cls(
            url=given.url("url"),
            username=given.text("username"),
            password=given.text("password"),
            receipt_secret=given.text("receipt_secret"),
            receipt_networks=given.networks("receipt_networks"),
            reply_secret=given.text("reply_secret") if settings.get("reply_secret") else "",
            default_sender=given.optional_text("default_sender"),
            smsc=given.optional_text("smsc"),
            priority=given.whole("priority"),
            concurrency=given.whole("concurrency"),
            answer_timeout=given.seconds("answer_timeout"),
        )


class KannelGateway:
    """A `Gateway` to Kannel's smsbox that also hears who wants no more messages."""

    def __init__(self, settings: KannelSettings, callback_url: str) -> None:
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
        credentials = {"X-Kannel-Username": settings.username, "X-Kannel-Password": settings.password}
        redactor = Redactor([settings.password, settings.receipt_secret, settings.reply_secret])
        self._wire = HttpWire(settings.concurrency, settings.answer_timeout, credentials, redactor)

    async def open(self, _on_reports: OnReports | None = None) -> None:
        """Get ready to send. Connections open with the first messages, a few at a time."""
        await self._wire.open()

    async def close(self) -> None:
        """Let go of all connections."""
        await self._wire.close()

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Hand the message over once. Raises RuntimeError when not open, and nothing else."""
        headers = self._headers(message)
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            return Refused(
                ErrorCode.REJECTED_REQUEST
            )  # a sender ID that no header, and no network, can carry

        def reading(status: int, _headers: Mapping[str, str], body: bytes) -> Outcome:
            return _outcome(status, body, message.reference)

        # What is no character, a lone surrogate, must not raise; nobody can read it anyway.
        body = message.text.encode("utf-8", "replace")
        return await self._wire.post(self._settings.url, reading, headers=headers, data=body)

    def shown(self, message: OutgoingMessage) -> ShownRequest:
        """What `send` asks, without secrets; the token of the receipts' address is one."""
        return self._wire.shown("POST", self._settings.url, self._headers(message), message.text)

    def _headers(self, message: OutgoingMessage) -> dict[str, str]:
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-Kannel-To": message.to,
            "X-Kannel-From": message.sender_id or self._settings.default_sender,
            "X-Kannel-Coding": "0" if is_gsm(message.text) else "2",
            "X-Kannel-SMSC": self._settings.smsc,
            "X-Kannel-Priority": str(self._settings.priority),
            "X-Kannel-DLR-Mask": _DLR_MASK,
            "X-Kannel-DLR-Url": self._receipt_url(message.reference),
        }
        return {name: value for name, value in headers.items() if value}

    def _receipt_url(self, reference: str) -> str:
        """Kannel puts the status for %d, the carrier's words for %A. Its own percent signs are none of ours."""
        known = f"reference={quote(reference, safe='')}&token={self._token(reference)}".replace("%", "%%")
        return f"{self._callback_url}?{known}&status=%d&words=%A&carrier_id=%F&kannel_id=%I"

    def _token(self, reference: str) -> str:
        return hmac.new(
            self._settings.receipt_secret.encode(), reference.encode(), hashlib.sha256
        ).hexdigest()

    def read_receipts(self, callback: Callback, now: datetime) -> list[DeliveryReport]:
        """The one receipt of a GET. Raises ForgedReceipt, or UnreadableReceipt for a status that Kannel has not."""
        self._prove_origin(callback)
        if callback.method == "POST":
            self._prove_reply(callback)
            return []
        query = callback.query
        reference = query.get("reference", "")
        if callback.method != "GET" or not 0 < len(reference) <= _LONGEST_REFERENCE:
            raise ForgedReceipt("Kannel's receipts are GETs that name a message.")
        if not hmac.compare_digest(self._token(reference).encode(), query.get("token", "").encode()):
            raise ForgedReceipt("The token does not fit the reference.")
        given = query.get("status", "")
        status = _STATUSES.get(given)
        if status is None:
            raise UnreadableReceipt("The receipt has none of Kannel's statuses.")
        code = None
        if status is ReportStatus.FAILED:
            usual = ErrorCode.BLOCKED_BY_CARRIER if given == _REJECTED_BY_CARRIER else ErrorCode.UNDELIVERABLE
            code = ReceiptText.read(query.get("words", "")).error_code or usual
        return [DeliveryReport(reference, status, reference, code)]

    def read_opt_outs(self, callback: Callback, now: datetime) -> list[OptOut]:
        """The wish in the one text of a POST, where it is one. Raises as `read_receipts` does."""
        if callback.method != "POST":
            return []
        self._prove_origin(callback)
        self._prove_reply(callback)
        headers = {name.lower(): value for name, value in callback.headers.items()}
        sender = headers.get("x-kannel-from")
        if sender is None:
            raise UnreadableReceipt(
                "The message has no X-Kannel-From: its sms-service needs send-sender = true."
            )
        coding = "utf-16-be" if "utf-16be" in headers.get("content-type", "").lower() else "utf-8"
        wish = stop_of(sender, callback.body.decode(coding, "replace"), now)
        return [wish] if wish is not None else []

    def callback_answer(self, _callback: Callback) -> str:
        """Nothing under 200: Kannel calls again after anything but 200 and 202, and would send words to the phone."""
        return ""

    def _prove_origin(self, callback: Callback) -> None:
        if not comes_from(callback.remote, self._settings.receipt_networks):
            raise ForgedReceipt(f"Receipts may not come from {callback.remote or 'nowhere'}.")

    def _prove_reply(self, callback: Callback) -> None:
        secret, token = self._settings.reply_secret, callback.query.get("token", "")
        if not secret or not hmac.compare_digest(secret.encode(), token.encode()):
            raise ForgedReceipt("The message's address has not our secret.")


def _outcome(status: int, body: bytes, reference: str) -> Outcome:
    """What an answer means, by the table at the top of this module."""
    words = body.decode("utf-8", "replace").casefold()
    if status == 202:
        return Accepted(reference)
    if status == 403:
        if "not routable" in words:
            return Refused(ErrorCode.NOT_ROUTABLE)
        if "denied" in words:
            return Refused(ErrorCode.BLOCKED_BY_CARRIER)
        return Deferred(ErrorCode.GATEWAY_SETTINGS)
    if status == 404:
        return Deferred(ErrorCode.GATEWAY_SETTINGS)
    if 400 <= status < 500:
        return Refused(ErrorCode.BLOCKED_BY_CARRIER if "denied by" in words else ErrorCode.REJECTED_REQUEST)
    if status == 503 and "temporal failure" in words:
        return Deferred(ErrorCode.CARRIER_BUSY)
    return InDoubt(ErrorCode.GATEWAY_FAILURE)
