"""Sending a campaign through every gateway with everything recorded, against sending it with nothing recorded.

Run with `python -m benchmarks.dispatch [--json]`. 5,000 messages a campaign in three turns is the default; the whole of
it is `MESSAGES=20000 TURNS=5`. `GATEWAYS=sandbox,smpp` takes some of them, `JOBS` is the baseline's sample, 0
for none.

Each gateway speaks to its local peer, a process of its own. In every turn the bare loop (the same client, concurrency
and peer, no database) is followed by the pump on SQLite and on PostgreSQL, so that what else the machine does falls on
all alike; figures are medians, and the limit is the bare loop's. The aim is a ratio of at least 0.8. Both databases
wait for the disk at each commit. Receipts are stored and applied apart, as other processes do it. The baseline of a
job for every message is a sample of a few, told as messages a second. The route's rate is set out of reach.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import psycopg
import structlog
from flask import Flask
from redis import Redis
from rq import Queue
from sqlalchemy import Engine, make_url, select
from sqlalchemy.orm import Session

from app import create_app
from app.database import write_transaction
from app.extensions import db
from app.gateways.base import DeliveryReport, ReportStatus
from app.ledger.audit import audit
from app.models import Base, Message, Task
from app.queues import QueueName, enqueue
from app.sending import receipts
from benchmarks._baseline import job_each
from benchmarks._campaign import submitted
from benchmarks._cpu import cpu_seconds
from benchmarks._lines import Line, line, show
from benchmarks._peers import KINDS, NotHere, Peer, running_peer
from benchmarks._pumping import Pumped, bare_loop, gateway_to, on_uvloop, pumped
from config import Settings
from jobs import context, dispatch, interpreter
from tests.servers import running_postgresql, running_valkey

MESSAGES: Final = int(os.environ.get("MESSAGES", "5000"))
TURNS: Final = int(os.environ.get("TURNS", "3"))
JOBS: Final = int(os.environ.get("JOBS", "100"))
GATEWAYS: Final = os.environ.get("GATEWAYS", ",".join(KINDS)).split(",")
SMPP_DELAY: Final = 20  # milliseconds that a distant carrier takes to answer
QUEUED: Final = (5_000, 30_000, 100_000)  # for the memory of a pump


@dataclass(frozen=True)
class Panel:
    """The application on one database; `server` is the database's own process, where it has one."""

    name: str
    app: Flask
    engine: Engine
    server: int | None


def measure() -> Iterator[Line]:
    interpreter.prepare()  # as the worker does, for the bare loop too
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis_url = stack.enter_context(running_valkey())
        postgresql = stack.enter_context(running_postgresql())
        panels = (
            _panel("SQLite", f"sqlite:///{folder / 'dispatch.db'}", redis_url, folder, None),
            _panel("PostgreSQL", postgresql, redis_url, folder, _wait_for_the_disk(postgresql)),
        )
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        for kind in GATEWAYS:
            for delay in (0, SMPP_DELAY) if kind == "smpp" else (0,):
                yield from _through(kind, delay, panels, redis_url)
        for panel in panels:
            yield from _jobs(panel)
            yield _receipts(panel)
            with Session(panel.engine) as session:
                report = audit(session)
                assert report.ok, report.differences
            panel.engine.dispose()
        yield from _memory(folder)


def _panel(name: str, url: str, redis_url: str, folder: Path, server: int | None) -> Panel:
    environment = {
        "CARILLON_ENV": "test", "CARILLON_INSTANCE": str(folder), "DATABASE_URL": url, "REDIS_URL": redis_url,
    }  # fmt: skip
    app = create_app(Settings.from_env(environment))
    with app.app_context():
        engine = db.engine
    Base.metadata.create_all(engine)
    return Panel(name, app, engine, server)


def _wait_for_the_disk(url: str) -> int:
    """Have PostgreSQL sync each commit, which the tests' does not. Returns its process."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM RESET ALL")
        connection.execute("SELECT pg_reload_conf()")
        found = connection.execute("SELECT current_setting('data_directory')").fetchone()
    assert found is not None
    return int((Path(found[0]) / "postmaster.pid").read_text().split()[0])


def _through(kind: str, delay: int, panels: tuple[Panel, ...], redis_url: str) -> Iterator[Line]:
    """The bare loop and the pumps in turns, through one gateway."""
    name = f"{kind}, {delay} ms answers" if delay else kind
    try:
        with running_peer(kind, delay) as peer:
            on_uvloop(
                bare_loop(kind, gateway_to(kind, peer.settings), 200)
            )  # what is cold, is cold for nobody
            bare: list[float] = []
            runs: dict[str, list[Pumped]] = {panel.name: [] for panel in panels}
            for _ in range(TURNS):
                bare.append(on_uvloop(bare_loop(kind, gateway_to(kind, peer.settings), MESSAGES)))
                for panel in panels:
                    runs[panel.name].append(_pumped(kind, panel, peer))
            limit = MESSAGES / median(bare)
            yield line("dispatch", f"{name}: bare loop", limit, "messages/s")
            for panel in panels:
                done = runs[panel.name]
                speed = MESSAGES / median(run.seconds for run in done)
                yield line("dispatch", f"{name}: pump, {panel.name}", speed, "messages/s", limit)
                yield from _costs(f"{name}, {panel.name}", done)
                if JOBS == 0:
                    continue
                each = job_each(kind, peer.settings, _url(panel), redis_url, JOBS)
                yield line(
                    "dispatch", f"{name}: a job each ({JOBS}), {panel.name}", each, "messages/s", limit
                )
    except NotHere as lacks:
        print(f"{name}: left out. {lacks}", file=sys.stderr)


def _pumped(kind: str, panel: Panel, peer: Peer) -> Pumped:
    route_id = submitted(panel.engine, MESSAGES, kind)
    others = {"the peer": peer.pid} | ({"PostgreSQL itself": panel.server} if panel.server else {})
    before = {name: cpu_seconds(pid) for name, pid in others.items()}
    done = pumped(panel.engine, route_id, gateway_to(kind, peer.settings), MESSAGES, panel.app.app_context)
    for name, pid in others.items():
        done.cpu[name] = cpu_seconds(pid) - before[name]
    with Session(panel.engine) as session:
        accepted = session.scalars(select(Task.accepted).where(Task.route_id == route_id)).all()
    assert sum(accepted) == MESSAGES, f"{sum(accepted)} of {MESSAGES} were accepted"
    return done


def _costs(name: str, runs: list[Pumped]) -> Iterator[Line]:
    commits = median(run.commits for run in runs) * 1_000 / MESSAGES
    yield line("dispatch", f"  {name}: write transactions", commits, "per 1,000")
    for stage in runs[0].cpu:
        spent = median(run.cpu[stage] for run in runs) / MESSAGES * 1e6
        yield line("dispatch", f"  {name}: CPU, {stage}", spent, "µs/message")


def _jobs(panel: Panel) -> Iterator[Line]:
    """RQ jobs that 5,000 messages take, as workers do them."""
    with running_peer("sandbox") as peer:
        route_id = submitted(panel.engine, 5_000)
        made = dispatch.gateway_for
        dispatch.gateway_for = lambda *_: gateway_to("sandbox", peer.settings)  # type: ignore[assignment]
        try:
            with _jobs_in(panel.app), panel.app.app_context():
                queue = Queue(QueueName.DISPATCH, connection=Redis.from_url(_redis(panel)))
                enqueue("jobs.dispatch.pump", route_id)
                ran = 0
                while queue.count:
                    queue.empty()
                    dispatch.pump(route_id)
                    ran += 1
        finally:
            dispatch.gateway_for = made
    yield line("dispatch", f"RQ jobs for 5,000 messages, {panel.name}", ran, "jobs", 10)


@contextmanager
def _jobs_in(app: Flask) -> Iterator[None]:
    made = context.load_app
    context.load_app = lambda: app  # type: ignore[assignment]
    try:
        yield
    finally:
        context.load_app = made


def _receipts(panel: Panel) -> Line:
    """Receipts a second, stored 200 to a callback and applied 500 to a transaction, as the panel does it."""
    with Session(panel.engine) as session:
        route_id = session.scalar(select(Message.route_id).order_by(Message.id.desc()).limit(1))
        assert route_id is not None
        ids = session.scalars(select(Message.gateway_id).where(Message.route_id == route_id)).all()
        reports = [DeliveryReport(str(each), ReportStatus.DELIVERED) for each in ids]
        started = time.perf_counter()
        for first in range(0, len(reports), 200):
            with write_transaction(session):
                receipts.insert_reports(session, route_id, reports[first : first + 200])
        looked_at = 1
        while looked_at:
            with panel.app.app_context(), write_transaction(session):
                looked_at = receipts.apply_due(session, route_id)
        seconds = time.perf_counter() - started
    return line(
        "dispatch", f"receipts stored and applied, {panel.name}", len(reports) / seconds, "receipts/s"
    )


def _memory(folder: Path) -> Iterator[Line]:
    """What a pump's process takes beyond the panel's code, by how much is queued. It is to stay flat."""
    least: float | None = None
    for count in QUEUED:
        url = f"sqlite:///{folder / f'queued-{count}.db'}"
        environment = {"CARILLON_ENV": "test", "CARILLON_INSTANCE": str(folder), "DATABASE_URL": url}
        app = create_app(Settings.from_env(environment))
        with app.app_context():
            Base.metadata.create_all(db.engine)
            route_id = submitted(db.engine, count)
            db.engine.dispose()
        command = [sys.executable, "-m", "benchmarks._pump_peak", url, str(route_id), str(count)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-2:]
        taken = (int(said[1]) - int(said[0])) / 1e6
        yield line("dispatch", f"memory of a pump, {count:,} queued", taken, "MB", least)
        least = least or taken


def _url(panel: Panel) -> str:
    return panel.engine.url.render_as_string(hide_password=False)


def _redis(panel: Panel) -> str:
    settings: Any = panel.app.config["CARILLON"]
    return str(settings.redis_url)


if __name__ == "__main__":
    show(measure, f"Dispatch of {MESSAGES:,} messages a campaign, medians of {TURNS} turns")
