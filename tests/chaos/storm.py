"""A storm: what happens to the processes and servers while messages go out, by a plan that a seed decides."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, NullPool, create_engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.clock import now
from app.database import configure_engine
from app.models import Message, MessageStatus, PumpLease
from app.sending.settlement import FINAL
from app.sending.sweep import INTERRUPTED
from tests.chaos.carrier import PATIENCE, ChaosCarrier, Record
from tests.chaos.crew import LEASE, MARGIN, Crew, children, is_alive
from tests.chaos.people import People
from tests.chaos.plan import STEERS, Event, Plan

WORKERS = ("one", "two", "three")
EVERYBODY = (*WORKERS, "ticker", "web")


_ATTENTION = 3.0  # seconds to wait for a work-horse to strike
# So much of the messages reaches the carrier at all, the others are left in doubt. The blows are spread over these.
_SHARE = 0.8
_DEADLY = 0.15  # seconds, within which the web dies under a click
_LOOK = 0.5  # seconds between two looks at every message: looking more often keeps the carrier waiting


class Servers(Protocol):
    """What a storm may do to the machines below."""

    def stop_redis(self) -> None: ...

    def start_redis(self) -> None: ...

    def restart_database(self) -> None: ...

    @property
    def can_fill_disk(self) -> bool: ...

    def fill_disk(self) -> contextlib.AbstractContextManager[None]: ...


@dataclass
class Told:
    """What happened: how often what was done, and what a process held when it was struck: references and claims."""

    events: Counter[Event] = field(default_factory=Counter)
    kills: int = 0
    left_out: Counter[Event] = field(default_factory=Counter)  # what this machine does not allow
    in_the_dark: set[tuple[str, str]] = field(default_factory=set)
    diary: list[tuple[float, int, str]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


class Storm:
    """Drives one plan over a crew at work."""

    def __init__(
        self,
        plan: Plan,
        crew: Crew,
        servers: Servers,
        carrier: ChaosCarrier,
        people: People,
        engine: Engine,
        answer_timeout: float,
        lull: float,
    ) -> None:
        """`lull`: for so many seconds a blow waits for messages to leave after the one before."""
        self._lull = lull
        self._answer_timeout = answer_timeout
        self._plan = plan
        self._crew = crew
        self._servers = servers
        self._carrier = carrier
        self._people = people
        self._clicking = ThreadPoolExecutor(max_workers=1)
        self._dice = random.Random(f"storm {plan.seed}")
        self._stopped: list[tuple[float, int]] = []
        self._struck: dict[int, datetime] = {}  # work-horses and workers, and when
        self.engine = engine
        self.told = Told()

    def rage(self, messages: int) -> Told:
        """Do the whole plan, spread evenly over the messages as they leave. Nothing stays stopped afterwards."""
        began = time.monotonic()
        events = self._plan.events
        for number, event in enumerate(events):
            self._await_progress(_SHARE * messages * (number + 1) / (len(events) + 1))
            self._look_into_the_dark()
            self._do(event)
            moment = round(time.monotonic() - began, 1)
            self.told.diary.append((moment, len(self._carrier.record.taken), event.value))
            if number % 25 == 24:
                sys.stderr.write(
                    f"{number + 1} of {len(events)} blows, {self.told.diary[-1][1]} sent, {moment} s\n"
                )
        while self._stopped:
            self._wake(all_of_them=True)
        self._people.let_go_on()
        self._clicking.shutdown()
        self._look_into_the_dark()
        return self.told

    def _await_progress(self, taken: float) -> None:
        """Wait until the carrier has taken so many, but not for ever: while much is broken little moves."""
        deadline = time.monotonic() + self._lull
        while True:
            self._wake()
            if len(self._carrier.record.taken) >= taken or time.monotonic() > deadline:
                return
            time.sleep(0.02)

    def _wake(self, all_of_them: bool = False) -> None:
        for until, pid in list(self._stopped):
            if time.monotonic() >= until:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
                self._stopped.remove((until, pid))
        if all_of_them and self._stopped:
            time.sleep(0.05)

    def _do(self, event: Event) -> None:
        if event in STEERS:
            if self._steer(event):
                self.told.events[event] += 1
            return
        match event:
            case Event.KILL_PUMP | Event.KILL_HORSE:
                if self._strike(signal.SIGKILL, pumps=event is Event.KILL_PUMP) is None:
                    self._kill(self._dice.choice(WORKERS))
                else:
                    self.told.kills += 1
            case Event.KILL_WORKER:
                self._kill(self._dice.choice(WORKERS))
            case Event.KILL_IDLE:
                self._kill(self._idle())
            case Event.KILL_TICKER:
                self._kill("ticker")
            case Event.KILL_WEB:
                self._kill("web")
            case Event.STOP_PUMP | Event.STOP_PUMP_LONG:
                seconds = LEASE * 2.5 if event is Event.STOP_PUMP else self._answer_timeout + MARGIN + 2.0
                pid = self._strike(signal.SIGSTOP, pumps=True)
                if pid is not None:
                    self._stopped.append((time.monotonic() + seconds, pid))
            case Event.FLUSH_REDIS:
                with contextlib.suppress(RedisError), Redis.from_url(self._crew.redis_url) as client:
                    client.flushall()
            case Event.RESTART_REDIS:
                self._servers.stop_redis()
                time.sleep(self._dice.uniform(0.3, 1.5))
                self._servers.start_redis()
            case Event.RESTART_DATABASE:
                self._servers.restart_database()
            case Event.FILL_DISK if not self._servers.can_fill_disk:
                self.told.left_out[event] += 1
                return
            case Event.FILL_DISK:
                with self._servers.fill_disk():
                    time.sleep(self._dice.uniform(0.5, 2.0))
        self.told.events[event] += 1

    def _steer(self, event: Event) -> bool:
        """People click; every other time the web dies under it. Meanwhile those wake that are to."""
        click = self._clicking.submit(self._people.act, event)
        dies_at = time.monotonic() + self._dice.uniform(0.0, _DEADLY)
        is_to_die = self._dice.random() < 0.5
        while not click.done():
            self._wake()
            if is_to_die and time.monotonic() > dies_at:
                is_to_die = False
                self._kill("web")
            time.sleep(0.005)
        return click.result()

    def _kill(self, name: str) -> None:
        pid = self._crew.pids[name]
        self._crew.kill(name)
        if name in WORKERS:  # the others never hold a message
            self._note_dark(pid)
        self.told.kills += 1
        self._crew.start(name)

    def _strike(self, number: signal.Signals, *, pumps: bool) -> int | None:
        """Strike a work-horse at work, the one that pumps where there is one; None when there is none at all."""
        deadline = time.monotonic() + _ATTENTION
        while time.monotonic() < deadline:
            self._wake()
            stopped = {pid for _, pid in self._stopped}
            horses = [pid for pid in self._crew.horses() if pid not in stopped]
            wanted = self._pumping() if pumps else None
            if (
                wanted not in horses
                and horses
                and (not pumps or time.monotonic() > deadline - _ATTENTION / 3)
            ):
                wanted = self._dice.choice(horses)
            if wanted is not None and wanted in horses:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(wanted, number)
                    while number is signal.SIGKILL and is_alive(wanted):
                        time.sleep(0.002)
                    self._note_dark(wanted)
                    return wanted
            time.sleep(0.03)
        return None

    def _pumping(self) -> int | None:
        """The process that holds the route's lease."""
        with contextlib.suppress(DBAPIError), Session(self.engine) as session:
            holder = session.scalar(select(PumpLease.holder).where(PumpLease.expires_at > now()))
            return int(holder.split(".")[-2]) if holder is not None else None
        return None

    def _idle(self) -> str:
        """A worker whose work-horse does not hold the lease, while somebody's does."""
        deadline = time.monotonic() + _ATTENTION
        while (pumping := self._pumping()) is None and time.monotonic() < deadline:
            time.sleep(0.03)
        return self._dice.choice([name for name in WORKERS if pumping not in children(self._crew.pids[name])])

    def _note_dark(self, pid: int) -> None:
        """What a work-horse had out when it was struck, or its worker was: nobody may know whether that left."""
        time.sleep(0.02)
        self._struck[pid] = now()
        self._look_into_the_dark()

    def _look_into_the_dark(self) -> None:
        """Look once more before the next blow: a commit that the struck process had sent to a busy server may have
        been on its way."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(DBAPIError), Session(self.engine) as session:
                self.told.in_the_dark |= held_by(session, self._crew.leaseholders(), self._struck)
                return
            time.sleep(0.05)


def held_by(
    session: Session, leaseholders: dict[str, tuple[int, int]], struck: dict[int, datetime]
) -> set[tuple[str, str]]:
    """References and claims of what the struck processes had fenced before, and nobody has recorded since.

    `leaseholders` are a work-horse and its worker by the lease that a claim begins with, `struck` says when which of
    them was. Also what a sweep has put into doubt: the struck process may have held its answer.
    """
    held = set()
    out = select(Message.reference, Message.claim, Message.sent_at, Message.status, Message.error_code).where(
        Message.status.in_((MessageStatus.SENDING, MessageStatus.IN_DOUBT)), Message.claim.is_not(None)
    )
    for reference, claim, sent_at, status, code in session.execute(out):
        blows = [struck[pid] for pid in leaseholders.get(claim.rpartition(".")[0], ()) if pid in struck]
        is_recorded = status == MessageStatus.IN_DOUBT and code != INTERRUPTED
        if not is_recorded and any(sent_at <= blow for blow in blows):
            held.add((reference, claim))
    return held


def reading_engine(database_url: str) -> Engine:
    """For looks from outside: a connection for each, so that a restart of the server spoils none for long."""
    engine = create_engine(database_url, poolclass=NullPool)
    configure_engine(engine)
    return engine


def to_come(engine: Engine, record: Record, *, doubts: bool) -> Counter[str]:
    """Of how many messages something is still to come, by status.

    Not of what the carrier took and tells of only when asked, once it is accepted. Nor, unless `doubts`, of what is
    in doubt and never reached the carrier: nobody will ever hear of that.
    """
    found: Counter[str] = Counter()
    with Session(engine) as session:
        for reference, status in session.execute(
            select(Message.reference, Message.status).where(Message.status.not_in(FINAL))
        ):
            is_told = status == MessageStatus.ACCEPTED and reference in record.untold
            is_hopeless = status == MessageStatus.IN_DOUBT and not record.taken[reference]
            if not is_told and (doubts or not is_hopeless):
                found[status] += 1
    return found


def calm(engine: Engine, carrier: ChaosCarrier, *, doubts: bool, still: float) -> None:
    """Wait until nothing is to come, or nothing has moved for `still` seconds: then the verdict will say what hangs."""
    last: object = None
    moved = time.monotonic()
    while True:
        found: Counter[str] | None = None
        with contextlib.suppress(DBAPIError):
            found = to_come(engine, carrier.record, doubts=doubts)
            if not found and not carrier.record.owed:
                return
        state = (found, len(carrier.record.owed))
        if state != last:
            last, moved = state, time.monotonic()
        if time.monotonic() - moved > still:
            return
        time.sleep(_LOOK)


@contextlib.contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Fill the file system under the folder to its last byte, and give it back."""
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            size = 1 << 20
            while size:
                try:
                    file.write(bytes(size))
                except OSError:
                    size //= 2
        yield
    finally:
        ballast.unlink(missing_ok=True)
