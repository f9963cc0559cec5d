"""A route's rate as its gateway sees it, and as its pump lets go: arrivals at a local server, departures from the pump.

Run with `python -m benchmarks.rate [--json]`; `SECONDS=5` makes each case short. For each case the mean between the
first and the last arrival, and the most in any sliding second, each beside its limit. The mean is to be within 1 % of
the rate and never above it; a second may hold the rate and one message, or one in a hundred. Handovers are forced
every two seconds where there are several workers. What arrives is what leaves plus what the machine does to it on the
way: where arrivals are over the limit and departures are not, that is the reason.
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
from pathlib import Path

from sqlalchemy import create_engine, update
from sqlalchemy.orm import Session

from app.database import configure_engine
from app.models import Base, Route
from benchmarks._campaign import submitted
from benchmarks._lines import Line, line, show
from tests.servers import running_postgresql

SECONDS = float(os.environ.get("SECONDS", "15"))
RATES = (20, 100, 500)
_ONE_SLICE = 3_600.0


def measure() -> Iterator[Line]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(_gateway())
        for rate in RATES:
            database = f"sqlite:///{folder / f'{rate}.db'}"
            yield from _case(f"{rate}/s, SQLite", database, url, rate, workers=1, slice_seconds=_ONE_SLICE)
        database = f"sqlite:///{folder / 'several.db'}"
        yield from _case("200/s, SQLite, 3 workers in turns", database, url, 200, workers=3, slice_seconds=2)
        postgresql = stack.enter_context(running_postgresql())
        yield from _case(
            "500/s, PostgreSQL, 3 workers in turns", postgresql, url, 500, workers=3, slice_seconds=2
        )


def _case(
    name: str, database: str, url: str, rate: int, *, workers: int, slice_seconds: float
) -> Iterator[Line]:
    engine = create_engine(database)
    configure_engine(engine)
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
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(workers)]
    departures = [moment for process in running for moment in json.loads(process.communicate()[0])]
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
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.terminate()


if __name__ == "__main__":
    show(measure, f"The rate at the gateway, {SECONDS:g} seconds a case")
