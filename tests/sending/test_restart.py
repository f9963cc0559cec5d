"""Workers and the ticker as real processes, killed and stopped in the middle: nothing lost, nothing sent twice."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.gateways.sandbox_carrier.running import RunningCarrier
from app.models import Message, PumpLease, Receipt, TaskState
from app.sending import sweep
from config import Settings
from jobs import receipts
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import House, make_house, serving, until
from tests.source import ROOT

MESSAGES = 400
RATE = 150
KILLS = 4
MOST_FENCED = RATE * 2 // 10 + 32  # two chunks of a tenth of a second, and what may be on the wire
CREDIT = 10_000_000


class Staff:
    """The processes of one Carillon, on the test's database and Valkey."""

    def __init__(self, folder: Path, settings: Settings, callback_url: str) -> None:
        self._log = folder / "processes.log"
        self._environment = {
            **os.environ,
            "CARILLON_ENV": "test",
            "CARILLON_INSTANCE": str(settings.instance),
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "PUBLIC_URL": callback_url,
            "PYTHONUNBUFFERED": "1",
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Start a worker or ticker under each name."""
        for name in names:
            role = "ticker" if name == "ticker" else "worker"
            with self._log.open("ab") as log:
                self._running[name] = subprocess.Popen(
                    [sys.executable, "-m", "tests.sending.impatient", role],
                    cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                )  # fmt: skip

    def kill(self, *names: str) -> None:
        """As a power cut would. A work-horse dies with its worker."""
        for name in names:
            process = self._running.pop(name)
            process.kill()
            process.wait()

    def stop(self) -> None:
        """As a deploy would."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def said(self) -> str:
        return self._log.read_text() if self._log.exists() else ""


@pytest.fixture
def staff_for(tmp_path: Path) -> Iterator[Callable[[Settings, str], Staff]]:
    hired: list[Staff] = []

    def hire(settings: Settings, callback_url: str) -> Staff:
        hired.append(Staff(tmp_path, settings, callback_url))
        return hired[-1]

    yield hire
    for staff in hired:
        staff.stop()


def pumping(session: Session) -> int:
    """The process that holds the route's lease; waits for one."""
    found: list[int] = []

    def look() -> bool:
        session.rollback()
        holder = session.scalar(select(PumpLease.holder).where(PumpLease.expires_at > now()))
        if holder is not None:
            found.append(int(holder.split(".")[-2]))
        return bool(found)

    until(look)
    return found[-1]


def signal_pump(session: Session, number: signal.Signals) -> int:
    """Signal the work-horse that pumps now."""
    while True:
        pid = pumping(session)
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
        return pid


@pytest.mark.slow
def test_processes_killed_and_stopped_in_the_middle_lose_nothing_and_send_nothing_twice(
    any_app: Flask,
    session: Session,
    carrier: RunningCarrier,
    staff_for: Callable[[Settings, str], Staff],
) -> None:
    settings = {"url": carrier.url, "secret": carrier.secret, "answer_timeout": 1.0}
    house = make_house(any_app, session, credit=CREDIT, rate=RATE, gateway_settings=settings)
    carrier.manners.latency = 0.05  # so that a kill finds some on the wire
    task = make_submitted_task(session, house.owner, house.route, messages=MESSAGES)
    give_ordinary_numbers(house)
    with serving(any_app) as url:
        staff = staff_for(house.settings, url)
        staff.start("one", "two", "ticker")

        def sent(least: int, seconds: float = 30) -> None:
            until(lambda: len(carrier.accepted) >= least, seconds, staff.said)

        sent(30)
        signal_pump(session, signal.SIGKILL)
        sent(60)
        stopped = signal_pump(session, signal.SIGSTOP)
        # Past its lease; on PostgreSQL another takes over. On SQLite it may be holding the one writer's lock.
        with contextlib.suppress(AssertionError):
            sent(100, 2.5)
        os.kill(stopped, signal.SIGCONT)
        sent(130)
        staff.kill("one", "two")
        staff.start("one", "two")
        sent(160)
        signal_pump(session, signal.SIGKILL)
        staff.kill("ticker")
        staff.start("ticker")
        sent(190)
        signal_pump(session, signal.SIGTERM)

        until(lambda: house.now(task).state == TaskState.DONE, 60, staff.said)
        staff.stop()
        taken = Counter(line.reference for line in carrier.accepted)
        known = select(Receipt.reference)
        until(lambda: set(taken) <= {*session.scalars(known)} or session.rollback() is not None)
    session.rollback()
    session.execute(update(Receipt).values(retry_at=now()))
    session.commit()
    receipts.apply(house.route_id)

    references = {message.reference: message.status for message in house.messages(task)}
    assert set(taken.values()) == {1}
    assert set(taken) <= set(references)
    assert {references[reference] for reference in taken} == {"delivered"}
    # Whatever did not reach the carrier was fenced when its pump was killed: nobody can know, so it is in doubt.
    doubted = references.keys() - taken.keys()
    assert {references[reference] for reference in doubted} <= {"in_doubt"}
    assert len(doubted) <= KILLS * MOST_FENCED

    session.rollback()
    with write_transaction(session):
        sweep.release_old_doubts(session, timedelta(0))
    assert house.balance() == (CREDIT - 1_000 * len(taken), 0)


@pytest.mark.slow
def test_a_scheduled_task_starts_though_redis_forgot_everything(
    app: Flask,
    session: Session,
    redis: Redis,
    carrier: RunningCarrier,
    staff_for: Callable[[Settings, str], Staff],
) -> None:
    house = make_house(app, session, gateway_settings={"url": carrier.url, "secret": carrier.secret})
    staff = staff_for(house.settings, "http://127.0.0.1:9")
    staff.start("one", "ticker")
    until(lambda: redis.scard("rq:workers") > 0, 30, staff.said)
    at = now() + timedelta(seconds=3)
    task = make_submitted_task(
        session, house.owner, house.route, messages=20, state=TaskState.SCHEDULED, scheduled_at=at
    )
    redis.flushall()
    until(lambda: house.now(task).state == TaskState.RUNNING, 30, staff.said)
    redis.flushall()
    until(lambda: house.now(task).state == TaskState.DONE, 60, staff.said)
    started = house.now(task).started_at
    assert started is not None
    assert started >= at
    assert len(carrier.accepted) == 20


def give_ordinary_numbers(house: House) -> None:
    """Numbers whose last digits ask the carrier for nothing special."""
    for message in house.session.scalars(select(Message)):
        message.e164 = f"+615{message.row // 90:06d}{message.row % 90:02d}"
    house.session.commit()
