"""A route's rate as its gateway sees it, and as its pump lets go: arrivals at a local server, departures from the pump.

Run with `python -m benchmarks.rate [--json]`. Each rate on each database, with one worker that keeps the route, and
with two and three that take turns of two seconds. For each case the mean between the first and the last arrival, and
the most in any sliding second, each beside its limit. The mean is to be within 1 % of the rate and never above it; a
second may hold the rate and one message, or one in a hundred. Departures are shown beside: where arrivals are over
the limit and departures are not, the way crowded them.

`SECONDS=5` makes each case short; `RATES=20,500`, `WORKERS=1,3` and `DATABASES=sqlite` pick some of the cases.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path

from sqlalchemy import create_engine, update
from sqlalchemy.orm import Session

from app.database import configure_engine
from app.models import Base, Route
from benchmarks._campaign import submitted
from benchmarks._lines import Line, line, show
from tests.servers import running_postgresql

SECONDS = float(os.environ.get("SECONDS", "15"))
RATES = [int(rate) for rate in os.environ.get("RATES", "20,50,100,200,350,500").split(",")]
WORKERS = [int(count) for count in os.environ.get("WORKERS", "1,2,3").split(",")]
DATABASES = os.environ.get("DATABASES", "sqlite,postgresql").split(",")
_ONE_SLICE = 3_600.0
_TURN = 2.0


def measure() -> Iterator[Line]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        gateway = stack.enter_context(_gateway())
        for kind in DATABASES:
            if kind == "postgresql":
                server = stack.enter_context(running_postgresql())
            for workers, rate in product(WORKERS, RATES):
                url = f"sqlite:///{folder / f'{workers}-{rate}.db'}" if kind == "sqlite" else server
                slice_seconds = _ONE_SLICE if workers == 1 else _TURN
                turns = "" if workers == 1 else f", {workers} workers in turns"
                name = f"{rate}/s, {kind}{turns}"
                yield from _case(name, url, gateway, rate, workers=workers, slice_seconds=slice_seconds)


def _case(
    name: str, database: str, url: str, rate: int, *, workers: int, slice_seconds: float
) -> Iterator[Line]:
    engine = create_engine(database)
    configure_engine(engine)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    route_id = submitted(engine, int(rate * SECONDS))
    with Session(engine) as session:
        session.execute(update(Route).values(rate=rate))
        session.commit()
    engine.dispose()
    command = [
        sys.executable, "-m", "benchmarks._rate_worker",
        database, str(route_id), f"{url}/cgi-bin/sendsms", str(slice_seconds), str(SECONDS * 3),
    ]  # fmt: skip
    with ExitStack() as stack:  # a file each, since they end in any order and a pipe holds only so much
        notes = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(workers)]
        for process in [subprocess.Popen(command, stdout=note) for note in notes]:
            assert process.wait() == 0, "A worker failed."
        for note in notes:
            note.seek(0)
        departures = [moment for note in notes for moment in json.load(note)]
    with urllib.request.urlopen(f"{url}/arrivals") as answer:
        arrivals: list[float] = json.load(answer)
    for what, times in (("left", sorted(departures)), ("arrived", sorted(arrivals))):
        assert len(times) == int(rate * SECONDS), f"{len(times)} {what}"
        mean = (len(times) - 1) / (times[-1] - times[0])
        most = max(bisect_left(times, moment + 1.0) - number for number, moment in enumerate(times))
        yield line("rate", f"{name}, {what}: mean", mean, "messages/s", rate)
        yield line("rate", f"{name}, {what}: most in a second", most, "messages", rate + max(1, rate / 100))


@contextmanager
def _gateway() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks._arrivals"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


if __name__ == "__main__":
    show(measure, f"The rate at the gateway, {SECONDS:g} seconds a case")
