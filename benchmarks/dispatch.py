"""Sending 20,000 messages through the sandbox with everything recorded, against sending them with nothing recorded.

Run with `python -m benchmarks.dispatch [--json]`; `MESSAGES=2000` makes it short. The peer is the sandbox carrier as a
process of its own, which commits each message it accepts to its own file. The limit is the bare loop of the same
run: the same gateway client, concurrency and peer, without a database; the aim is a ratio of at least 0.8. The
baseline of a job for every message (500 of them, RQ's forking worker, SQLite) shows what the pump is instead of.
The route's rate is set out of reach, so that the pump and not the pace is measured.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import uvloop
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.database import configure_engine, write_transaction
from app.gateways.base import DeliveryReport, Gateway, OutgoingMessage, ReportStatus
from app.gateways.registry import make_gateway
from app.ledger.audit import audit
from app.ledger.rollups import count_submission
from app.ledger.transfers import hold, top_up
from app.models import Account, Base, Message, Role, Route, Task, User
from app.sending import outcomes, receipts
from app.sending.claims import Spans
from app.sending.pump import Pump
from benchmarks._lines import Line, line, show
from tests.servers import running_postgresql, running_valkey

MESSAGES = int(os.environ.get("MESSAGES", "20000"))
PER_TASK = 5_000
JOBS = 500
SECRET = "benchmark"
PRICE = 1_000

# It imports the job before it forks: a fresh import for every message would make the baseline look worse than it is.
_BASELINE_WORKER = """
import sys
import benchmarks._one_message
from redis import Redis
from rq import Worker
Worker(["baseline"], connection=Redis.from_url(sys.argv[1])).work(burst=True, logging_level="ERROR")
"""

T = TypeVar("T")

_record = outcomes.record


def measure() -> Iterator[Line]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(_carrier(folder))
        bare = _on_uvloop(_bare_loop(_gateway(url), MESSAGES))
        yield line("dispatch", "bare loop, nothing recorded", bare, "messages/s")
        sqlite = f"sqlite:///{folder / 'dispatch.db'}"
        postgresql = stack.enter_context(running_postgresql())
        for name, database in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
            engine = create_engine(database)
            configure_engine(engine)
            Base.metadata.create_all(engine)
            route_id = _submitted(engine, MESSAGES)
            yield line(
                "dispatch", f"pump, {name}, all recorded", _pumped(engine, route_id, url), "messages/s", bare
            )
            yield line(
                "dispatch", f"receipts stored and applied, {name}", _receipts(engine, route_id), "receipts/s"
            )
            with Session(engine) as session:
                report = audit(session)
                assert report.ok, report.differences
            engine.dispose()
        yield line("dispatch", "a job for every message, SQLite", _job_each(folder, url), "messages/s", bare)


def _on_uvloop(work: Coroutine[Any, Any, T]) -> T:
    """Both sides run on the loop that the pump's job uses."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def _gateway(url: str) -> Gateway:
    return make_gateway("sandbox", {"url": url, "secret": SECRET}, callback_url="http://127.0.0.1:9/")


async def _bare_loop(gateway: Gateway, count: int) -> float:
    """Messages a second with the same client and as much at once as the pump would have."""
    await gateway.open()
    places = asyncio.Semaphore(gateway.capabilities.concurrency)

    async def one(number: int) -> None:
        try:
            await gateway.send(
                OutgoingMessage(f"bare.{number}", f"+61412{number:06d}"[:-2] + "00", "Lunch", None)
            )
        finally:
            places.release()

    started = time.perf_counter()
    flights = []
    for number in range(count):
        await places.acquire()
        flights.append(asyncio.create_task(one(number)))
    await asyncio.gather(*flights)
    seconds = time.perf_counter() - started
    await gateway.close()
    return count / seconds


def _submitted(engine, count: int) -> int:  # type: ignore[no-untyped-def]
    """Tasks of 5,000 messages each, running, with their credit held. Returns their route."""
    with Session(engine) as session, write_transaction(session):
        account = Account(name="Benchmark")
        route = Route(name="Benchmark", gateway="sandbox", rate=1_000_000, price_per_segment=PRICE)
        session.add_all([account, route])
        session.flush()
        user = User(
            account_id=account.id, email="b@example.com", name="B", role=Role.OWNER, password_hash="-"
        )
        session.add(user)
        session.flush()
        top_up(session, account.id, count * PRICE, "benchmark", user_id=user.id, note=None)
        for first in range(0, count, PER_TASK):
            _task(session, account, user, route, first, min(PER_TASK, count - first))
        return route.id


def _task(session: Session, account: Account, user: User, route: Route, first: int, count: int) -> None:
    task = Task(
        account_id=account.id, user_id=user.id, route_id=route.id, kind="bulk", state="running", name="Lunch",
        sender_id="HARBOUR", content="Lunch at Harbour Lane", total=count, price=count * PRICE, submitted_at=now(),
        day=now().date(),
        submission_key=secrets.token_hex(8),
    )  # fmt: skip
    session.add(task)
    session.flush()
    rows = [
        {
            "task_id": task.id, "account_id": account.id, "route_id": route.id, "row": number + 2, "region": "AU",
            "e164": f"+6141{number:06d}00", "segments": 1, "price": PRICE, "reference": f"{task.public_id}.{number}",
            "queued_at": now(),
        }
        for number in range(first, first + count)
    ]  # fmt: skip
    session.execute(Message.__table__.insert(), rows)  # type: ignore[attr-defined]
    hold(session, task.id, account.id, count * PRICE, key=f"task:{task.id}:hold")
    count_submission(session, task)


def _pumped(engine, route_id: int, url: str) -> float:  # type: ignore[no-untyped-def]
    """Messages a second from the first claim to the last recorded outcome.

    An empty pump lingers for a moment in case more comes; that is no part of it.
    """
    recorded = [0.0]

    def record(*arguments: Any) -> int:
        written = _record(*arguments)
        recorded[0] = time.perf_counter()
        return written

    async def run() -> None:
        pump = Pump(
            engine,
            route_id,
            _gateway(url),
            1_000_000,
            holder="benchmark",
            spans=Spans(),
            slice_seconds=600,
            should_yield=lambda: False,
        )
        await pump.run()

    outcomes.record = record
    started = time.perf_counter()
    _on_uvloop(run())
    with Session(engine) as session:
        sent = session.scalar(select(func.count()).where(Message.status == "accepted"))
    assert sent == MESSAGES, f"{sent} of {MESSAGES} were accepted"
    return MESSAGES / (recorded[0] - started)


def _receipts(engine, route_id: int) -> float:  # type: ignore[no-untyped-def]
    """Receipts a second, stored 200 to a callback and applied 500 to a transaction, as the panel does it."""
    with Session(engine) as session:
        ids = session.scalars(select(Message.gateway_id).where(Message.route_id == route_id)).all()
    receipts.enqueue_after_commit = lambda *_: None  # type: ignore[assignment]  # applied below, not by a job
    reports = [DeliveryReport(str(each), ReportStatus.DELIVERED) for each in ids]
    started = time.perf_counter()
    with Session(engine) as session:
        for first in range(0, len(reports), 200):
            with write_transaction(session):
                receipts.store_reports(session, route_id, reports[first : first + 200])
        looked_at = 1
        while looked_at:
            with write_transaction(session):
                looked_at = receipts.apply_due(session, route_id)
    return len(reports) / (time.perf_counter() - started)


def _job_each(folder: Path, url: str) -> float:
    """Messages a second by one forking RQ worker and one job a message."""
    database = folder / "baseline.db"
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE message (id INTEGER PRIMARY KEY, status TEXT)")
        connection.executemany(
            "INSERT INTO message VALUES (?, 'queued')", [(number,) for number in range(JOBS)]
        )
    with running_valkey() as redis_url:
        from redis import Redis
        from rq import Queue

        queue = Queue("baseline", connection=Redis.from_url(redis_url))
        for number in range(JOBS):
            queue.enqueue("benchmarks._one_message.send_one", number)
        environment = os.environ | {
            "SANDBOX_URL": url, "SANDBOX_SECRET": SECRET, "BASELINE_DATABASE": str(database),
        }  # fmt: skip
        command = [sys.executable, "-c", _BASELINE_WORKER, redis_url]
        started = time.perf_counter()
        subprocess.run(command, env=environment, check=True, capture_output=True)
        return JOBS / (time.perf_counter() - started)


class _carrier:
    """The carrier as a process of its own, whose receipts come too late to be in the way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> str:
        import socket

        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        environment = os.environ | {
            "CARILLON_ENV": "test", "CARILLON_INSTANCE": str(self._folder), "SANDBOX_URL": url,
            "SANDBOX_SECRET": SECRET, "SANDBOX_LATENCY": "0", "SANDBOX_RECEIPTS_AFTER": "3600-3600",
        }  # fmt: skip
        command = [sys.executable, "-m", "app.gateways.sandbox_carrier"]
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._process.stdout.readline()  # it says where it listens once it does
        return url

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


if __name__ == "__main__":
    show(measure, f"Dispatch of {MESSAGES:,} messages")
