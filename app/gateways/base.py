"""What the core knows of a gateway: one message out, one outcome back, receipts later.

The four outcomes differ by what is known about the wire, because that decides about the money and about
sending again: accepted and refused are final answers; deferred means surely not sent; in doubt means nobody
knows. A gateway that is unsure says in doubt, never deferred: a text too late is better than a text twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable

from app.gateways.redaction import ShownRequest


@dataclass(frozen=True, slots=True)
class TemplateHeader:
    """The file above a template message. `kind` is image or document, `name` what the reader of a document sees.

    Exactly one of these says where it is: `link`, a whole address; `media_id`, the carrier's name for a file that
    it holds; `path`, below the route's callback address, where the panel hands the file out.
    """

    kind: str
    name: str = ""
    link: str | None = None
    media_id: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateMessage:
    """A message by an approved template: `parameters` are the values of its variables, from the first on."""

    name: str
    language: str
    parameters: tuple[str, ...] = ()
    header: TemplateHeader | None = None


class OutgoingMessage(NamedTuple):
    """One text to one number. `reference` is our unique name for it, `to` is E.164 with its plus.

    `template` is there where the route sends approved templates; `text` then is what the reader will see.
    """

    reference: str
    to: str
    text: str
    sender_id: str | None
    template: TemplateMessage | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway took the message; its receipts will name `gateway_id`."""

    gateway_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Surely not sent, and asking again would not help. `said` is the gateway's own words, without secrets."""

    code: str
    said: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Deferred:
    """Surely not sent; to be tried again, in `retry_after` seconds or later where the gateway named them."""

    code: str
    retry_after: float | None = None
    said: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The message may have been sent: bytes left, and no answer with a documented meaning came back."""

    code: str
    said: str | None = field(default=None, compare=False)


Outcome = Accepted | Refused | Deferred | InDoubt


@dataclass(frozen=True)
class Capabilities:
    """What a gateway can do. The core decides by these alone, never by a gateway's name.

    `concurrency` is how many sends may be under way at once; `answer_timeout` the seconds after which a
    `send` that got one of these places ends in doubt at the latest.

    `keeps_session` says that receipts arrive on the same connection that messages leave on, so that somebody must
    stay connected while receipts are awaited; else they come to the callback address.

    `recipients_per_day` is to how many different numbers the carrier lets us write in any 24 hours; None where it
    sets no such limit. `recipients_pool` names whom it counts together: gateways of one name share the limit.
    """

    dedupes_reference: bool
    can_be_asked: bool
    receipts: bool
    concurrency: int
    long_text: bool
    answer_timeout: float
    keeps_session: bool = False
    recipients_per_day: int | None = None
    recipients_pool: str = ""


class ReportStatus(StrEnum):
    """What a receipt says. Buffered is not final: the network still tries."""

    DELIVERED = "delivered"
    FAILED = "failed"
    BUFFERED = "buffered"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """One receipt. `reference` is ours, where the gateway repeats it; `error_words` explains `error_code`."""

    gateway_id: str
    status: ReportStatus
    reference: str | None = None
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class OptOut:
    """Somebody asked the carrier at `at` (UTC) to stop our messages, or with `stop` false to let them through again."""

    e164: str
    stop: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Callback:
    """A request to a route's callback address, as it stood on the wire.

    `headers` are named in any case. `remote` is the other end of the connection itself, never what a header says of
    it; behind a proxy it is the proxy.
    """

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    remote: str


# Stores what came on a gateway's own connection: receipts, and wishes to hear no more. It is acknowledged once this
# returns, so it returns after the commit, and raises when it could not be stored: then the carrier keeps it.
OnReports = Callable[[Sequence[DeliveryReport | OptOut]], Awaitable[None]]


class GatewayError(Exception):
    """Base of what a gateway raises. `send` raises none of these: it answers with an outcome."""


class SettingsRefused(GatewayError):
    """A route's gateway settings cannot work. `field` names the setting, `message` says what to change."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class ForgedReceipt(GatewayError):
    """The callback does not prove that it comes from the gateway. Nothing in it may be used."""


class UnreadableReceipt(GatewayError):
    """The callback is the gateway's own, and does not have the documented shape."""


class Gateway(Protocol):
    """A wire to one carrier.

    `open` before the first `send` and `close` after the last, all on one event loop; `read_receipts` needs
    neither.
    """

    @property
    def capabilities(self) -> Capabilities: ...

    async def open(self, on_reports: OnReports | None = None) -> None:
        """Get ready to send. Does not need the carrier to be there.

        A gateway that keeps a session hands the receipts and opt-outs that come on it to `on_reports`; without one
        it only sends, and leaves them with the carrier. Other gateways ignore it.
        """

    async def close(self) -> None:
        """Let go of all connections. Harmless when closed already."""

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Hand the message over once. Never raises for what the wire does; cancellation passes through."""

    def read_receipts(self, callback: Callback, now: datetime) -> list[DeliveryReport]:
        """The receipts in a callback, all of them or none. `now` is UTC.

        Raises ForgedReceipt, for whatever does not prove where it comes from, and UnreadableReceipt.
        """


@runtime_checkable
class ShowsRequests(Protocol):
    """A gateway that can say what it puts on the wire for a message, for staff to read."""

    def shown(self, message: OutgoingMessage) -> ShownRequest:
        """The request without any secret. Sends nothing, and needs not be open."""


@runtime_checkable
class AnswersQuestions(Gateway, Protocol):
    """A gateway whose carrier can be asked about a message afterwards; `can_be_asked` where that is set up."""

    async def ask(self, reference: str) -> Outcome:
        """What the carrier knows of our reference: Accepted with its id, or Refused; else InDoubt. Sends nothing.

        Raises nothing that the wire does.
        """


@runtime_checkable
class HearsOptOuts(Protocol):
    """A gateway whose carrier also tells who wants no more messages."""

    def read_opt_outs(self, callback: Callback, now: datetime) -> list[OptOut]:
        """The wishes in a callback, oldest first. Raises as `read_receipts` does."""


@runtime_checkable
class AnswersCallbacks(Protocol):
    """A gateway whose carrier wants to read something of its own in the answer to a callback."""

    def callback_answer(self, callback: Callback) -> str:
        """The answer's text, under status 200. Asked only of callbacks that `read_receipts` took."""
