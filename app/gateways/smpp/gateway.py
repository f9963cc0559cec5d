"""The SMPP gateway: one text out as one or more submit_sm, one outcome back."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import datetime
from typing import Final

from app.gateways.base import (
    Accepted,
    Callback,
    Capabilities,
    Deferred,
    DeliveryReport,
    ForgedReceipt,
    InDoubt,
    OnReports,
    Outcome,
    OutgoingMessage,
    Refused,
)
from app.gateways.errors import ErrorCode
from app.gateways.redaction import Redactor, ShownRequest
from app.gateways.smpp import pdu, texts
from app.gateways.smpp.addresses import destination_address, source_address
from app.gateways.smpp.brake import Brake
from app.gateways.smpp.line import Line, NoSession
from app.gateways.smpp.pdu import Command, Pdu, PduError
from app.gateways.smpp.receipts import answered_id
from app.gateways.smpp.session import SessionLost, SessionOver
from app.gateways.smpp.settings import SmppSettings
from app.gateways.smpp.statuses import Status, outcome_of_failure
from app.gateways.smpp.texts import Piece, TextTooLong

_LONGEST_ID: Final = 100
_AGAIN: Final = 0.5
_SLOW_DOWN: Final = frozenset({ErrorCode.THROTTLED, ErrorCode.QUEUE_FULL})


class SmppGateway:
    """A `Gateway` to an SMPP 3.4 carrier.

    A text in several parts is one message with one outcome. Its parts go one after the other, and the last one asks
    for the receipt, so the message is known by the id of its last part. All accepted is accepted; the first one
    refused or deferred is so for the whole, since nothing was taken; whatever happens after a part was accepted, and
    cannot be put right by trying the rest again in time, leaves the message in doubt.
    """

    def __init__(self, settings: SmppSettings) -> None:
        self.capabilities = Capabilities(
            dedupes_reference=False,
            can_be_asked=False,
            receipts=True,
            concurrency=settings.window,
            long_text=True,
            answer_timeout=settings.answer_timeout,
            keeps_session=True,
        )
        self._settings = settings
        self._line: Line | None = None
        self._places = asyncio.Semaphore(settings.window)
        self._concatenation = random.randrange(256)

    async def open(self, on_reports: OnReports | None = None) -> None:
        """Begin to connect; with `on_reports` as transceiver, else as transmitter."""
        self._places = asyncio.Semaphore(self._settings.window)
        self._brake = Brake(asyncio.get_running_loop().time)
        self._line = Line(self._settings, on_reports)
        self._line.start()

    async def close(self) -> None:
        """Unbind and disconnect."""
        line, self._line = self._line, None
        if line is not None:
            await line.end()

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Hand the message over once. Raises RuntimeError when not open, and nothing else."""
        line = self._line
        if line is None:
            raise RuntimeError("The gateway is not open.")
        self._concatenation = (self._concatenation + 1) % 256
        as_payload = self._settings.long_text == "message_payload"
        try:
            pieces = texts.pieces(message.text, self._concatenation, as_payload=as_payload)
            bodies = _bodies(pieces, message.sender_id or self._settings.default_sender, message.to)
        except TextTooLong:
            return Refused(ErrorCode.REJECTED_REQUEST)
        except ValueError:
            return Refused(
                ErrorCode.INVALID_NUMBER if not _is_number(message.to) else ErrorCode.SENDER_NOT_REGISTERED
            )
        async with self._places:
            return await self._submit_all(line, bodies)

    def shown(self, message: OutgoingMessage) -> ShownRequest:
        """The submit_sm that `send` makes, as far as people read it. The password travels at the bind alone."""
        given = self._settings
        as_payload = given.long_text == "message_payload"
        pieces = texts.pieces(message.text, 0, as_payload=as_payload)
        fields = (
            ("source_addr", message.sender_id or given.default_sender),
            ("destination_addr", message.to.removeprefix("+")),
            ("data_coding", ", ".join(dict.fromkeys(str(piece.data_coding) for piece in pieces))),
            ("registered_delivery", "1, with the last part"),
            ("parts", f"{len(pieces)}, as message_payload" if as_payload else str(len(pieces))),
        )
        line = f"submit_sm to {given.host}:{given.port} as {given.system_id}"
        return Redactor([given.password]).request(line, fields, message.text)

    def read_receipts(self, callback: Callback, now: datetime) -> list[DeliveryReport]:
        """Receipts come on the session; none by callback is genuine."""
        raise ForgedReceipt("SMPP reports on its session, never by a callback.")

    async def _submit_all(self, line: Line, bodies: list[bytes]) -> Outcome:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._settings.answer_timeout
        outcome: Outcome = InDoubt(ErrorCode.PARTLY_ACCEPTED)
        for number, body in enumerate(bodies):
            outcome = await self._submit(line, body, deadline - loop.time())
            while number > 0 and isinstance(outcome, Deferred) and loop.time() + _AGAIN < deadline:
                await asyncio.sleep(_AGAIN)
                outcome = await self._submit(line, body, deadline - loop.time())
            if isinstance(outcome, Accepted):
                continue
            if number > 0 and not isinstance(outcome, InDoubt):
                return InDoubt(ErrorCode.PARTLY_ACCEPTED)
            return outcome
        return outcome

    async def _submit(self, line: Line, body: bytes, seconds: float) -> Outcome:
        """One submit_sm, answered within `seconds`. What has no session, or no turn soon enough, never left."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        if self._brake.wait() > seconds / 2:
            return Deferred(ErrorCode.THROTTLED, self._brake.wait())
        while (wait := self._brake.wait()) > 0:
            if loop.time() + wait > deadline - seconds / 4:
                return Deferred(ErrorCode.THROTTLED, wait)
            await asyncio.sleep(wait)
        self._brake.take()
        try:
            session = await line.session(max(0.0, (deadline - loop.time()) / 2))
            answer = await session.request(Command.SUBMIT_SM, body, max(0.0, deadline - loop.time()))
        except NoSession as error:
            return error.outcome
        except SessionOver:
            return Deferred(ErrorCode.UNREACHABLE)
        except TimeoutError:
            return InDoubt(ErrorCode.TIMEOUT)
        except SessionLost:
            return InDoubt(ErrorCode.CONNECTION_LOST)
        outcome = self._outcome(answer)
        if isinstance(outcome, Accepted):
            self._brake.accepted()
        elif isinstance(outcome, Deferred) and outcome.code in _SLOW_DOWN:
            self._brake.throttled()
            return replace(outcome, retry_after=max(outcome.retry_after or 0.0, self._brake.wait()))
        return outcome

    def _outcome(self, answer: Pdu) -> Outcome:
        if answer.status != Status.OK:
            said = f"submit_sm_resp, command_status 0x{answer.status:08X}"
            outcome = outcome_of_failure(answer.status)
            return outcome if isinstance(outcome, Accepted) else replace(outcome, said=said)
        if answer.command != Command.SUBMIT_SM | pdu.RESPONSE:
            return InDoubt(ErrorCode.UNREADABLE_ANSWER)
        try:
            gateway_id = answered_id(pdu.message_id(answer.body), self._settings.message_ids)
        except PduError:
            return InDoubt(ErrorCode.UNREADABLE_ANSWER)
        return (
            Accepted(gateway_id)
            if 0 < len(gateway_id) <= _LONGEST_ID
            else InDoubt(ErrorCode.UNREADABLE_ANSWER)
        )


def _bodies(pieces: list[Piece], sender: str, to: str) -> list[bytes]:
    """The submit_sm of each piece; the last one asks for the receipt. Raises ValueError."""
    source, destination = source_address(sender), destination_address(to)
    return [
        pdu.submit_body(
            source,
            destination,
            piece.octets,
            data_coding=piece.data_coding,
            has_header=piece.has_header,
            as_payload=piece.as_payload,
            wants_receipt=piece is pieces[-1],
        )
        for piece in pieces
    ]


def _is_number(e164: str) -> bool:
    try:
        destination_address(e164)
    except ValueError:
        return False
    return True
