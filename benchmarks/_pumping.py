"""Sending a campaign with everything recorded, and the same messages with nothing recorded."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import uvloop
from sqlalchemy import Engine, event

from app.gateways.base import Gateway
from app.gateways.registry import make_gateway
from app.sending.dispatch import outcomes
from app.sending.dispatch.bookkeeper import Bookkeeper
from app.sending.dispatch.claims import Spans
from app.sending.dispatch.pump import Pump
from benchmarks._campaign import outgoing

_OUT_OF_REACH: Final = 1_000_000  # messages a second: no pace is measured here

T = TypeVar("T")


@dataclass
class Pumped:
    """How a campaign went. `cpu` is seconds of processor time by what they went into, `commits` are transactions."""

    seconds: float = 0.0
    commits: int = 0
    cpu: dict[str, float] = field(default_factory=lambda: defaultdict(float))


def gateway_to(kind: str, settings: Mapping[str, Any]) -> Gateway:
    return make_gateway(kind, settings, callback_url="http://127.0.0.1:9/")


def on_uvloop(work: Coroutine[Any, Any, T]) -> T:
    """Both sides run on the loop that the pump's job uses."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def bare_loop(kind: str, gateway: Gateway, count: int) -> float:
    """Seconds by the same client and as much at once as the pump would have, without a database."""
    messages = [outgoing(kind, place) for place in range(count)]
    await gateway.open()
    places = asyncio.Semaphore(gateway.capabilities.concurrency)

    async def one(place: int) -> None:
        try:
            await gateway.send(messages[place])
        finally:
            places.release()

    started = time.perf_counter()
    flights = set()
    for place in range(count):
        await places.acquire()
        flight = asyncio.create_task(one(place))
        flights.add(flight)
        flight.add_done_callback(flights.discard)
    await asyncio.gather(*flights)
    seconds = time.perf_counter() - started
    await gateway.close()
    return seconds


def pumped(
    engine: Engine,
    route_id: int,
    gateway: Gateway,
    count: int,
    context: Callable[[], AbstractContextManager[object]],
) -> Pumped:
    """Send all that waits on the route, from the pump's first breath to the commit of the last outcome."""
    done = Pumped()

    async def run() -> None:
        pump = Pump(
            engine, route_id, gateway, _OUT_OF_REACH, holder="benchmark", slice_seconds=3_600,
            spans=Spans(), should_yield=lambda: False, context=context,
        )  # fmt: skip
        with _watched(engine, done, count, pump.stop):
            began, cpu = time.perf_counter(), time.thread_time()
            await pump.run()
        done.seconds -= began
        done.cpu["client and loop"] = time.thread_time() - cpu

    on_uvloop(run())
    return done


@contextmanager
def _watched(engine: Engine, done: Pumped, count: int, stop: Callable[[], None]) -> Iterator[None]:
    """Count commits and the processor time of each transaction; stop when the last outcome is committed."""
    record, transact = outcomes.record, Bookkeeper.transact
    written = 0
    counting = threading.Lock()

    def recorded(*arguments: Any) -> int:
        nonlocal written
        new = record(*arguments)
        written += new
        return new

    def timed(self: Bookkeeper, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        cpu = time.thread_time()
        try:
            return transact(self, function, arguments)
        finally:
            names = {"_take": "take", "recorded": "record"}
            with counting:
                done.cpu[names.get(function.__name__, "other writes")] += time.thread_time() - cpu
            if written >= count and not done.seconds:
                done.seconds = time.perf_counter()
                stop()

    def committed(_connection: Any) -> None:
        done.commits += 1

    outcomes.record = recorded
    Bookkeeper.transact = timed  # type: ignore[method-assign]
    event.listen(engine, "commit", committed)
    try:
        yield
    finally:
        outcomes.record = record
        Bookkeeper.transact = transact  # type: ignore[method-assign]
        event.remove(engine, "commit", committed)
