"""An open gateway on a loop of its own, and what it reported."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app.gateways.base import DeliveryReport, Gateway, OptOut, Outcome, OutgoingMessage
from tests.gateways.peers import message
from tests.waiting import PATIENCE

T = TypeVar("T")
TO = "+60123456701"


@dataclass
class Driver:
    """Sends through a gateway, and stores what it reports, or fails to while `broken`; not before `free`."""

    gateway: Gateway
    reports: list[DeliveryReport | OptOut] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    broken: bool = False
    storing: float = 0.0  # seconds
    begun: int = 0  # batches that are stored or being stored
    free: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.free.set()

    async def store(self, reports: Sequence[DeliveryReport | OptOut]) -> None:
        self.begun += 1
        await asyncio.sleep(self.storing)
        await self.free.wait()
        if self.broken:
            raise OSError("disk full")
        self.batches.append(len(reports))
        self.reports.extend(reports)

    async def send(self, text: str = "Hello", to: str = TO, sender_id: str | None = "BISTRO") -> Outcome:
        return await self.gateway.send(OutgoingMessage(f"ref-{to}", to, text, sender_id))

    async def send_many(self, count: int) -> list[Outcome]:
        one = message(TO)
        return list(await asyncio.gather(*(self.gateway.send(one) for _ in range(count))))

    async def until(self, enough: Callable[[], Any]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not enough():
                await asyncio.sleep(0.005)


async def told(function: Callable[..., Any], *arguments: Any, **fields: Any) -> Any:
    """An order to the carrier, which waits, without holding up the gateway's loop."""
    return await asyncio.to_thread(function, *arguments, **fields)


def drive(
    gateway: Gateway, act: Callable[[Driver], Awaitable[T]], *, reports: bool = True
) -> tuple[T, Driver]:
    """Open, act, close."""
    driver = Driver(gateway)

    async def run() -> T:
        await gateway.open(driver.store if reports else None)
        try:
            return await act(driver)
        finally:
            await gateway.close()

    return asyncio.run(run()), driver
