"""The line to the carrier: one bound session, another one with growing gaps when it breaks."""

from __future__ import annotations

import asyncio
import random
import ssl
from contextlib import suppress
from typing import Final

import structlog

from app.clock import now
from app.gateways.base import Deferred, DeliveryReport, OnReports, OptOut, UnreadableReceipt
from app.gateways.errors import ErrorCode
from app.gateways.smpp import pdu, receipts, replies
from app.gateways.smpp.pdu import Command, Pdu, PduError
from app.gateways.smpp.session import Session, SessionLost
from app.gateways.smpp.settings import SmppSettings
from app.gateways.smpp.statuses import BIND_SETTINGS, Status

log = structlog.get_logger()

_CONNECT_SECONDS: Final = 5.0
_FIRST_GAP: Final = 0.25
_LONGEST_GAP: Final = 60.0
_LASTING: Final = 10.0  # a session that lived that long was a good one: the next comes at once


class NoSession(Exception):
    """Nothing can be sent now; `outcome` says why."""

    def __init__(self, outcome: Deferred) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


class Line:
    """Keeps a session bound from `start` to `end`.

    As transceiver where somebody takes the reports; else as transmitter, so that they stay with the carrier.
    """

    def __init__(self, settings: SmppSettings, on_reports: OnReports | None) -> None:
        self._settings = settings
        self._on_reports = on_reports
        self._session: Session | None = None
        self._failure: Deferred | None = None
        self._settled = asyncio.Event()  # a session stands, or the last try failed and the next one waits
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Connect in the background."""
        self._task = asyncio.create_task(self._keep())

    async def end(self) -> None:
        """Unbind, and open no more sessions."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._session is not None:
            await self._session.end()

    async def session(self, seconds: float) -> Session:
        """The bound session, waited for while one is on its way. Raises NoSession."""
        try:
            async with asyncio.timeout(seconds):
                while self._session is None or self._session.closed.is_set():
                    await self._settled.wait()
                    if self._failure is not None:
                        raise NoSession(self._failure)
                    await asyncio.sleep(0)
        except TimeoutError:
            raise NoSession(Deferred(ErrorCode.UNREACHABLE)) from None
        return self._session

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        gap = _FIRST_GAP
        while True:
            started = loop.time()
            try:
                self._session = await self._bind()
            except NoSession as error:
                self._failure = error.outcome
            else:
                self._settled.set()
                await self._session.closed.wait()
                self._settled.clear()
                session, self._session = self._session, None
                await session.end()
                if loop.time() - started > _LASTING:
                    gap = _FIRST_GAP
                    continue
                self._failure = Deferred(ErrorCode.UNREACHABLE)
            pause = gap * random.uniform(0.8, 1.2)
            log.warning("smpp_down", code=self._failure.code, again_in=round(pause, 2))
            self._settled.set()
            await asyncio.sleep(pause)
            gap = min(gap * 2, _LONGEST_GAP)
            self._settled.clear()
            self._failure = None

    async def _bind(self) -> Session:
        """Connect and bind. Raises NoSession."""
        given = self._settings
        seconds = min(_CONNECT_SECONDS, given.answer_timeout)
        try:
            async with asyncio.timeout(seconds):
                reader, writer = await asyncio.open_connection(
                    given.host, given.port, ssl=given.tls_context()
                )
        except ssl.SSLCertVerificationError as error:
            raise NoSession(Deferred(ErrorCode.GATEWAY_SETTINGS)) from error
        except (OSError, TimeoutError) as error:
            raise NoSession(Deferred(ErrorCode.UNREACHABLE)) from error
        session = Session(
            reader,
            writer,
            self._taken,
            answer_timeout=given.answer_timeout,
            enquire_every=given.enquire_link,
        )
        command = Command.BIND_TRANSCEIVER if self._on_reports else Command.BIND_TRANSMITTER
        body = pdu.bind_body(given.system_id, given.password, given.system_type)
        try:
            answer = await session.request(command, body, seconds)
            if answer.status == Status.OK and answer.command == command | pdu.RESPONSE:
                session.bound = True
                return session
            log.warning("smpp_bind_refused", status=answer.status)
            code = ErrorCode.GATEWAY_SETTINGS if answer.status in BIND_SETTINGS else ErrorCode.UNREACHABLE
        except (SessionLost, TimeoutError):
            code = ErrorCode.UNREACHABLE
        except asyncio.CancelledError:
            await session.end()
            raise
        await session.end()
        raise NoSession(Deferred(code))

    async def _taken(self, units: list[Pdu]) -> list[int]:
        """Store the receipts and opt-outs among the units; the statuses to answer with. What was not stored, comes
        again.
        """
        heard: list[DeliveryReport | OptOut] = []
        statuses: list[int] = []
        for unit in units:
            try:
                delivery = pdu.read_delivery(unit.body)
                found = receipts.read_report(delivery, self._settings.message_ids)
            except (PduError, UnreadableReceipt) as error:
                log.warning("receipt_unreadable", reason=str(error))
                statuses.append(Status.RECEIVER_PERMANENT)
                continue
            statuses.append(Status.OK)
            if said := found or replies.read_stop(delivery, now()):
                heard.append(said)
        return statuses if await self._stored(heard) else [Status.RECEIVER_TEMPORARY] * len(units)

    async def _stored(self, heard: list[DeliveryReport | OptOut]) -> bool:
        if not heard:
            return True
        if self._on_reports is None:  # a carrier that delivers to transmitters too
            return False
        try:
            await self._on_reports(heard)
        except Exception as error:
            log.error("receipt_not_stored", reason=type(error).__name__)
            return False
        return True
