"""A carrier that sends faster than we store is read no faster than that, and loses nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from app.gateways.smpp import pdu, session
from app.gateways.smpp.pdu import Command, Pdu
from app.gateways.smpp.session import Session


class Wire:
    """Where a session writes, and nobody reads."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, octets: bytes) -> None:
        self.written.append(octets)

    async def drain(self) -> None:
        await asyncio.sleep(0)

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing to close."""

    async def wait_closed(self) -> None:
        """Nothing to wait for."""

    def get_extra_info(self, _name: str) -> Any:
        return self

    def setsockopt(self, *_options: int) -> None:
        """No socket."""


def test_deliveries_wait_in_a_bounded_queue_and_all_are_acknowledged_once_they_are_stored() -> None:
    total = 2 * session._MOST_WAITING
    free, seen = asyncio.Event(), []

    async def store(units: list[Pdu]) -> list[int]:
        await free.wait()
        seen.extend(unit.sequence for unit in units)
        return [0] * len(units)

    async def act() -> Wire:
        reader, wire = asyncio.StreamReader(limit=2**26), Wire()
        line = Session(reader, wire, store, answer_timeout=60, enquire_every=60)  # type: ignore[arg-type]
        flood = b"".join(Pdu(Command.DELIVER_SM, 0, number, b"").encode() for number in range(1, total + 1))
        reader.feed_data(flood)
        while not line._deliveries.full():
            await asyncio.sleep(0)
        for _ in range(100):
            await asyncio.sleep(0)
        assert line._deliveries.qsize() == session._MOST_WAITING
        free.set()
        async with asyncio.timeout(60):
            while len(wire.written) < total:
                await asyncio.sleep(0.001)
        await line.end()
        return wire

    wire = asyncio.run(act())
    assert seen == list(range(1, total + 1))
    acknowledged = [pdu.decode_header(octets[: pdu.HEADER_SIZE])[1].sequence for octets in wire.written]
    assert acknowledged == seen
