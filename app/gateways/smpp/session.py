"""One bound connection: requests and their answers, enquire_link both ways, deliveries handed on and acknowledged."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog

from app.gateways.smpp import pdu
from app.gateways.smpp.pdu import Command, Pdu, PduError
from app.gateways.smpp.statuses import Status

log = structlog.get_logger()

_MOST_AT_ONCE: Final = 500
_MOST_WAITING: Final = 5_000  # deliveries; a carrier that sends on meets a full TCP window
_UNBIND_SECONDS: Final = 2.0
_STORING_SECONDS: Final = 5.0
_QUICK_ACK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)  # Linux has it

# Takes deliver_sm units and returns the status to answer each with. Must not raise.
OnDeliveries = Callable[[list[Pdu]], Awaitable[list[int]]]


class SessionLost(Exception):
    """The connection ended before the answer came."""


class SessionOver(SessionLost):
    """The connection had ended before anything was written."""


class Session:
    """A connection on which requests may be under way at once, as many as the caller lets.

    `bound` is for the caller to set: an end without it needs no farewell. `closed` is set once nothing can be sent
    on it any more.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_deliveries: OnDeliveries,
        *,
        answer_timeout: float,
        enquire_every: float,
    ) -> None:
        self.bound = False
        self.closed = asyncio.Event()
        self._reader = reader
        self._writer = writer
        self._on_deliveries = on_deliveries
        self._answer_timeout = answer_timeout
        self._enquire_every = enquire_every
        self._sequence = 0
        self._awaited: dict[int, asyncio.Future[Pdu]] = {}
        self._deliveries: asyncio.Queue[Pdu] = asyncio.Queue(_MOST_WAITING)
        self._heard_at = self._now()
        self._acknowledging = False
        self._tasks = [
            asyncio.create_task(self._read()),
            asyncio.create_task(self._take_deliveries()),
            asyncio.create_task(self._enquire()),
        ]

    async def request(self, command: Command, body: bytes, seconds: float) -> Pdu:
        """Send a request and wait for its answer; may be a generic_nack.

        Raises SessionLost and TimeoutError: then the request may have arrived, but for SessionOver.
        """
        if self.closed.is_set():
            raise SessionOver
        self._sequence = self._sequence % pdu.LAST_SEQUENCE + 1
        sequence = self._sequence
        loop = asyncio.get_running_loop()
        answer = self._awaited[sequence] = loop.create_future()
        # Not wait_for: when the answer and a cancellation come at once, Python 3.11's forgets the cancellation.
        timer = loop.call_later(seconds, _expire, answer)
        try:
            self._write(Pdu(command, Status.OK, sequence, body))
            return await answer
        finally:
            timer.cancel()
            self._awaited.pop(sequence, None)

    async def end(self) -> None:
        """Acknowledge what was stored, say goodbye, and let go of the connection."""
        if self.bound and not self.closed.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_STORING_SECONDS):
                    await self._deliveries.join()
            with suppress(SessionLost, TimeoutError):
                await self.request(Command.UNBIND, b"", _UNBIND_SECONDS)
        self._close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(_UNBIND_SECONDS):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()  # the other end does not even read

    def _close(self) -> None:
        self.closed.set()
        self._writer.close()
        for answer in self._awaited.values():
            if not answer.done():
                answer.set_exception(SessionLost())

    def _write(self, unit: Pdu) -> None:
        if not self._writer.is_closing():
            self._writer.write(unit.encode())

    async def _read(self) -> None:
        try:
            while True:
                header = await self._reader.readexactly(pdu.HEADER_SIZE)
                size, head = pdu.decode_header(header)
                body = await self._reader.readexactly(size) if size else b""
                self._heard_at = self._now()
                self._acknowledge_soon()
                if not await self._take(Pdu(head.command, head.status, head.sequence, body)):
                    break
                with suppress(OSError):  # what came before the end is still read
                    await self._writer.drain()  # who reads nothing of ours is not read from either
        except (OSError, EOFError):
            log.info("smpp_connection_ended")
        except PduError as error:
            log.warning("smpp_unreadable", reason=str(error))
        finally:
            self._close()

    def _acknowledge_soon(self) -> None:
        """Once for all units that came together."""
        if not self._acknowledging:
            self._acknowledging = True
            asyncio.get_running_loop().call_soon(self._acknowledge)

    def _acknowledge(self) -> None:
        """Let TCP acknowledge at once what came.

        A carrier's TCP may hold a short unit back until the one before it is acknowledged (RFC 896), and ours takes 40
        ms over that where nothing goes out with which the acknowledgement could travel: the last answers came so late.
        """
        self._acknowledging = False
        if _QUICK_ACK is not None and not self._writer.is_closing():
            with suppress(OSError):
                self._writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)

    async def _take(self, unit: Pdu) -> bool:
        """Act on a unit; False when it was the last one."""
        if unit.command & pdu.RESPONSE:
            answer = self._awaited.get(unit.sequence)
            if answer is not None and not answer.done():
                answer.set_result(unit)
            return True
        if unit.command == Command.DELIVER_SM:
            await self._deliveries.put(unit)
        elif unit.command in (Command.ENQUIRE_LINK, Command.UNBIND):
            self._write(Pdu(unit.command | pdu.RESPONSE, Status.OK, unit.sequence))
        elif unit.command != Command.ALERT_NOTIFICATION:
            self._write(Pdu(Command.GENERIC_NACK, Status.INVALID_COMMAND, unit.sequence))
        return unit.command != Command.UNBIND

    async def _take_deliveries(self) -> None:
        """Hand on what came while the last batch was being stored, then answer: stored first, acknowledged after."""
        while True:
            batch = [await self._deliveries.get()]
            while len(batch) < _MOST_AT_ONCE and not self._deliveries.empty():
                batch.append(self._deliveries.get_nowait())
            statuses = await self._on_deliveries(batch)
            for unit, status in zip(batch, statuses, strict=True):
                self._write(Pdu(Command.DELIVER_SM | pdu.RESPONSE, status, unit.sequence, b"\0"))
                self._deliveries.task_done()

    async def _enquire(self) -> None:
        """Ask whether the other end is there when nothing was heard for a while; close when it is not."""
        while True:
            await asyncio.sleep(self._enquire_every)
            if self._now() - self._heard_at < self._enquire_every:
                continue
            try:
                await self.request(Command.ENQUIRE_LINK, b"", self._answer_timeout)
            except (SessionLost, TimeoutError):
                self._close()
                return

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _expire(answer: asyncio.Future[Pdu]) -> None:
    if not answer.done():
        answer.set_exception(TimeoutError())
