"""The pump: one route's messages, from the queue to the wire and back into the books, at the route's pace.

Three loops overlap, so that the writes of one batch go on while the next is on the wire: `_feed` takes messages
behind the fence, `_send` paces and sends, `_record` writes outcomes. The database is spoken to from threads of the
pump's own (see `app.sending.dispatch.bookkeeper`), in short transactions.

It commits as it goes, unlike other domain code, because the fence must stand before a message leaves.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app import clock
from app.gateways.base import Accepted, DeliveryReport, Gateway, InDoubt, OptOut, Outcome, Refused
from app.gateways.storable import storable
from app.sending import receipts
from app.sending.dispatch import claims, outcomes
from app.sending.dispatch.bookkeeper import Bookkeeper, Context, Lane
from app.sending.dispatch.breaker import Breaker
from app.sending.dispatch.claims import Claimed, Lease, LeaseLost, Spans, Taking
from app.sending.dispatch.pace import Pace, Place

log = structlog.get_logger()

_RECORD_EVERY: Final = 0.1
_RECORD_MOST: Final = 1_000
_FENCE_MOST: Final = 1_000
_FENCED_SECONDS: Final = 0.2
# On a route that is faster, two chunks wait for the sender, so that it does not wait when a taking waits for a record.
_FAST: Final = 1_000
_IDLE_POLL: Final = 0.2
_LINGER: Final = 0.4  # an empty pump stays this long: the next submission often comes right after
_RECEIPTS_LOOK: Final = 2.0
_LEASE_LOOK: Final = 0.02
_LAST_ANSWERS: Final = 0.05  # seconds: what is answered by then tells the next holder when it arrived


@dataclass(frozen=True)
class Turn:
    """How a slice went. `rested` says that the breaker tripped."""

    had_lease: bool
    sent: int = 0
    rested: bool = False


@dataclass(frozen=True)
class _Chunk:
    """Fenced messages, and until when they may leave, on `clock.running`."""

    messages: list[Claimed]
    leave_by: float


class Pump:
    """One slice of pumping one route. Make a new one for each slice."""

    def __init__(
        self,
        engine: Engine,
        route_id: int,
        gateway: Gateway,
        rate: float,
        *,
        holder: str,
        slice_seconds: float,
        spans: Spans,
        should_yield: Callable[[], bool] = lambda: True,
        on_release: Callable[[], None] = lambda: None,
        on_reports: Callable[[], None] = lambda: None,
        take_opt_outs: receipts.TakeOptOuts | None = None,
        context: Context = nullcontext,
        carrier_since: datetime | None = None,
    ) -> None:
        """`should_yield` tells, once the slice's time is over, whether anything else wants the worker; if not, it
        goes on. `on_release` is called when the lease is free again, `on_reports` when receipts that came on the
        gateway's own session were stored. All three run on a thread of their own. Opt-outs that came there go to
        `take_opt_outs`; without it they stay with the carrier. Transactions run inside `context`, for what is queued
        after their commit. `carrier_since` is the route's, read with the settings that the gateway was made of.
        """
        self._route_id = route_id
        self._gateway = gateway
        self._rate = rate
        self._holder = holder
        self._wanted = route_id, holder, spans, carrier_since
        self._ends_at = time.monotonic() + slice_seconds
        self._should_yield = should_yield
        self._on_release = on_release
        self._on_reports = on_reports
        self._take_opt_outs = take_opt_outs
        self._look_at = 0.0  # when to look next whether receipts are awaited
        self._epoch = time.time() - time.monotonic()
        self._books = Bookkeeper(engine, route_id, context)
        self._write = self._books.write
        self._fenced: asyncio.Queue[_Chunk | None] = asyncio.Queue()
        ahead = 2 if rate > _FAST else 1
        self._room = asyncio.Semaphore(ahead)  # for chunks between the fence and the sender
        self._results: list[tuple[Claimed, Outcome]] = []
        # What is fenced and has not left is in doubt when this process is killed, so that is little: these chunks and
        # the sender's are two tenths of a second together, as fast as the route may go and the gateway goes. They are
        # small at first.
        self._chunk_seconds = _FENCED_SECONDS / (1 + ahead)
        self._most = max(1, min(_FENCE_MOST, int(rate * self._chunk_seconds)))
        self._chunk = min(self._most, 2 * gateway.capabilities.concurrency)
        self._flying: set[asyncio.Task[None]] = set()
        self._stop = False  # take no more
        self._halt = False  # send no more either
        self._nothing_due = False  # as the last taking found
        self._sending = False  # a chunk
        self._all_sent = False
        self._answered = asyncio.Event()  # what was due: no more outcomes are worth waiting for
        self._breaker = Breaker()
        self._sent = 0

    def stop(self) -> None:
        """Take no more and send no more; record what is on the wire and end. Safe to call from a signal."""
        self._stop = self._halt = True

    def _is_stopping(self) -> bool:
        """Asked anew after every wait: the answer may have changed meanwhile."""
        return self._stop

    async def run(self) -> Turn:
        """Pump until the slice is over, the work is done, or the route is lost or rests."""
        held_from = clock.running()
        lease = await self._write(claims.acquire_lease, *self._wanted)
        if lease is None:
            self._books.close()
            return Turn(had_lease=False)
        self._held_until = held_from + lease.spans.lease.total_seconds()
        self._pace = Pace.after(lease.handover, self._rate, self._clock())
        try:
            await self._gateway.open(self._store_reports)
            ended = await asyncio.gather(self._work(lease), self._record(), return_exceptions=True)
            for result in ended:
                if isinstance(result, BaseException):
                    raise result
        finally:
            await self._gateway.close()
            self._books.close()
        return Turn(had_lease=True, sent=self._sent, rested=self._breaker.tripped is not None)

    async def _work(self, lease: Lease) -> None:
        """Feed and send under the lease, give it back, then wait for the answers that are still out.

        A slow answer does not need the lease: its message carries a claim of its own. So the route's next slice
        may begin at once, wherever a worker is free.
        """
        keeper = asyncio.create_task(self._keep(lease))
        try:
            ended = await asyncio.gather(self._feed(lease), self._send(), return_exceptions=True)
            for result in ended:
                if isinstance(result, BaseException):
                    raise result
        finally:
            keeps_session = self._gateway.capabilities.keeps_session
            if self._flying:
                await asyncio.wait(set(self._flying), timeout=None if keeps_session else _LAST_ANSWERS)
            if keeps_session:  # all of it under the lease: a carrier takes one session at a time
                await self._gateway.close()
            keeper.cancel()
            try:
                await self._let_go(lease)
            finally:
                if self._flying:
                    await asyncio.wait(set(self._flying))
                self._all_sent = True
                self._answered.set()

    async def _feed(self, lease: Lease) -> None:
        """Take chunks and hand them on; never more ahead of the sender than there is room for."""
        idle_since: float | None = None
        try:
            for number in itertools.count():
                await self._room.acquire()
                if self._is_stopping():
                    break
                leave_by = clock.running() + lease.spans.margin.total_seconds()
                chunk = await self._write(self._take, lease, self._chunk, lease.taking(number))
                self._nothing_due = not chunk
                if chunk:
                    idle_since = None
                    await self._fenced.put(_Chunk(chunk, leave_by))
                    continue
                self._room.release()
                self._pace.rest()
                self._note_if_answered()
                # What is still out may come back to the queue once its answer is written down.
                still_out = self._flying or self._results or not self._fenced.empty()
                idle_since = None if still_out else idle_since or time.monotonic()
                if idle_since is not None and await self._may_leave(time.monotonic() - idle_since):
                    break
                await asyncio.sleep(_IDLE_POLL)
        except LeaseLost:
            log.warning("lease_lost", route=self._route_id, holder=self._holder)
            self.stop()
        finally:
            await self._fenced.put(None)

    async def _may_leave(self, idle: float) -> bool:
        """Whether a pump with nothing to send may end: not while receipts are to come on the session that it keeps."""
        if idle <= _LINGER or not self._gateway.capabilities.keeps_session:
            return idle > _LINGER
        if time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + _RECEIPTS_LOOK
        return not await self._write(receipts.to_come, self._route_id)

    async def _store_reports(self, heard: Sequence[DeliveryReport | OptOut]) -> None:
        """What came on the session, stored and committed: the gateway acknowledges it after this."""
        await self._write(receipts.insert_heard, self._route_id, heard, self._take_opt_outs)
        await asyncio.get_running_loop().run_in_executor(None, self._on_reports)

    def _take(self, session: Session, lease: Lease, size: int, taking: Taking) -> list[Claimed]:
        claims.require_lease(session, lease)
        can = self._gateway.capabilities
        return claims.take(session, lease, size, can.answer_timeout, taking, can)

    async def _send(self) -> None:
        """Let fenced messages leave, each at its place in the schedule."""
        places = asyncio.Semaphore(self._gateway.capabilities.concurrency)
        while (chunk := await self._fenced.get()) is not None:
            self._room.release()
            self._sending = True
            began = time.monotonic()
            for claimed in chunk.messages:
                await places.acquire()
                while not self._halt and (wait := self._wait(chunk.leave_by)) > 0:
                    asleep_from = time.monotonic()
                    await asyncio.sleep(wait)
                    began += time.monotonic() - asleep_from  # the pace's time is not the wire's
                # Too late is no better than halted: by now a sweep may have given the message up.
                if self._halt or clock.running() > chunk.leave_by:
                    places.release()
                    self._results.append((claimed, outcomes.NOT_SENT))
                    continue
                place = self._pace.take(self._clock())
                self._sent += 1
                flight = asyncio.create_task(self._fly(claimed, place, places))
                self._flying.add(flight)
                flight.add_done_callback(self._landed)
            self._sending = False
            self._note_if_answered()
            self._measure(len(chunk.messages), time.monotonic() - began)

    def _wait(self, leave_by: float) -> float:
        """Seconds until a message may leave. Whoever slept past the end of its lease waits until `_keep` has asked."""
        if self._held_until < clock.running() < leave_by:
            return _LEASE_LOOK
        return self._pace.wait(self._clock())

    def _landed(self, flight: asyncio.Task[None]) -> None:
        self._flying.discard(flight)
        self._note_if_answered()

    def _is_all_answered(self) -> bool:
        """Whether what was due has left and is answered, so that no more outcomes are to come for now."""
        return not self._flying and not self._sending and self._nothing_due and self._fenced.empty()

    def _note_if_answered(self) -> None:
        if self._is_all_answered():
            self._answered.set()

    def _measure(self, count: int, seconds: float) -> None:
        """Let a chunk be what leaves in its time, by how long the wire took for the last one."""
        if seconds > self._chunk_seconds:
            self._chunk = max(1, int(self._chunk * self._chunk_seconds / seconds))
        elif count >= self._chunk and seconds < self._chunk_seconds / 2:
            self._chunk = min(self._most, self._chunk * 2)

    async def _fly(self, claimed: Claimed, place: Place, places: asyncio.Semaphore) -> None:
        try:
            outcome = storable(await self._gateway.send(claimed.outgoing))
        except Exception:
            log.exception("gateway_broke_its_promise", route=self._route_id, message=claimed.message_id)
            outcome = InDoubt("internal")
        finally:
            places.release()
        self._pace.answered(place, self._clock())
        self._results.append((claimed, outcome))
        if self._breaker.watch(outcome):
            self.stop()

    async def _record(self) -> None:
        """Write outcomes as they come, many to a transaction."""
        answered = False
        try:
            while self._results or not self._all_sent:
                batch, self._results = self._results[:_RECORD_MOST], self._results[_RECORD_MOST:]
                if batch:
                    await self._write(outcomes.record, batch, self._gateway.capabilities, lane=Lane.BACK)
                if not answered and any(isinstance(outcome, Accepted | Refused) for _, outcome in batch):
                    answered = True
                    await self._write(outcomes.reset_breaker, self._route_id, lane=Lane.BACK)
                if not self._all_sent and len(self._results) < _RECORD_MOST:
                    await self._gather()
        finally:
            self.stop()  # either all is over, or the books cannot be written: then nothing more may leave

    async def _gather(self) -> None:
        """Let outcomes gather for a moment, if more are to come."""
        if self._results and self._is_all_answered():
            return
        self._answered.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._answered.wait(), _RECORD_EVERY)

    async def _keep(self, lease: Lease) -> None:
        """Hold on to the lease while nothing else does, and make room when others wait for the worker."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                await asyncio.sleep(lease.spans.lease.total_seconds() / 5)
                held_from = clock.running()
                await self._write(claims.renew_lease, lease)
                self._held_until = held_from + lease.spans.lease.total_seconds()
                if time.monotonic() > self._ends_at:
                    self._stop = self._stop or await loop.run_in_executor(None, self._should_yield)
        except LeaseLost:
            self.stop()
        except Exception:
            log.exception("lease_not_kept", route=self._route_id)
            self._stop = True  # or nothing would ever end this slice

    async def _let_go(self, lease: Lease) -> None:
        """Give the lease back, resting the route if its breaker tripped, and say so."""
        if self._breaker.tripped is not None:
            await self._write(outcomes.trip_breaker, self._route_id, self._breaker.tripped)
        try:
            await self._write(claims.give_back, lease, self._pace.handover(self._clock()))
        except LeaseLost:
            log.warning("lease_lost", route=self._route_id, holder=self._holder)
        if self._breaker.tripped is None:
            await asyncio.get_running_loop().run_in_executor(None, self._on_release)

    def _clock(self) -> float:
        """Seconds since the epoch, never running backwards within the slice."""
        return self._epoch + time.monotonic()
