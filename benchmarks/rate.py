"""A route's rate as its gateway sees it, and as its pump lets go: arrivals at a local server, departures from the pump.

Run with `python -m benchmarks.rate [--json]`. Each rate on each database, with one worker that keeps the route, and
with two and three that take turns of two seconds. For each case the mean between the first and the last arrival, and
the most in any sliding second, each beside its limit. A case passes if the mean is within 1 % of the rate and not above
it, and no second holds more than the rate and one message, or one in a hundred. Departures are shown beside: where
arrivals are over the limit and departures are not, the way crowded them. Ends with 1 if a case fails.

`SECONDS=5` makes each case short; `RATES=20,500`, `WORKERS=1,3` and `DATABASES=sqlite` pick some of the cases.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

from sqlalchemy import create_engine, update
from sqlalchemy.orm import Session

from app.database import configure_engine
from app.models import Base, Route
from benchmarks._campaign import submitted
from benchmarks._lines import Line, line
from tests.servers import running_postgresql

SECONDS = float(os.environ.get("SECONDS", "15"))
RATES = [int(rate) for rate in os.environ.get("RATES", "20,50,100,200,350,500").split(",")]
WORKERS = [int(count) for count in os.environ.get("WORKERS", "1,2,3").split(",")]
DATABASES = os.environ.get("DATABASES", "sqlite,postgresql").split(",")
_ONE_SLICE = 3_600.0
_TURN = 2.0


@dataclass(frozen=True)
class Case:
    """One rate, with the moments at which its messages left and arrived, in order."""

    rate: int
    database: str
    workers: int
    left: list[float]
    arrived: list[float]

    @property
    def name(self) -> str:
        turns = "" if self.workers == 1 else f", {self.workers} workers in turns"
        return f"{self.rate}/s, {self.database}{turns}"

    @property
    def most(self) -> float:
        """What a second may hold."""
        return self.rate + max(1, self.rate / 100)

    @property
    def faults(self) -> list[str]:
        low, high = mean(self.arrived) < 0.99 * self.rate, mean(self.arrived) > self.rate
        full = fullest(self.arrived) > self.most
        named = (low, "mean too low"), (high, "mean above the limit"), (full, "a second too full")
        return [name for is_so, name in named if is_so]

    def lines(self) -> Iterator[Line]:
        for what, times in (("left", self.left), ("arrived", self.arrived)):
            yield line("rate", f"{self.name}, {what}: mean", mean(times), "messages/s", self.rate)
            yield line(
                "rate", f"{self.name}, {what}: most in a second", fullest(times), "messages", self.most
            )

    def row(self) -> str:
        reached = mean(self.arrived)
        workers = "1" if self.workers == 1 else f"{self.workers} in turns"
        verdict = f"FAIL: {', '.join(self.faults)}" if self.faults else "pass"
        return (
            f"{self.rate:>5}/s  {self.database:<10}  {workers:<10}  {reached:>8.2f}/s {reached / self.rate:>8.2%}"
            f"  {fullest(self.arrived):>6} of {int(self.most):<5}  {fullest(self.left):>5}  {verdict}"
        )


_HEADING = (
    f"{'limit':>7}  {'database':<10}  {'workers':<10}  {'mean':>10} {'':>8}  {'full second':<15}  {'left':>5}"
)


def mean(times: list[float]) -> float:
    """Messages a second from the first to the last."""
    return (len(times) - 1) / (times[-1] - times[0])


def fullest(times: list[float]) -> int:
    """The most messages in any sliding second."""
    return max(bisect_left(times, moment + 1.0) - number for number, moment in enumerate(times))


def measure() -> Iterator[Case]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        gateway = stack.enter_context(_gateway())
        for kind in DATABASES:
            if kind == "postgresql":
                server = stack.enter_context(running_postgresql())
            for workers, rate in product(WORKERS, RATES):
                url = f"sqlite:///{folder / f'{workers}-{rate}.db'}" if kind == "sqlite" else server
                slice_seconds = _ONE_SLICE if workers == 1 else _TURN
                left, arrived = _moments(url, gateway, rate, workers=workers, slice_seconds=slice_seconds)
                yield Case(rate, kind, workers, left, arrived)


def _moments(
    database: str, url: str, rate: int, *, workers: int, slice_seconds: float
) -> tuple[list[float], list[float]]:
    """When the messages of a case left, and when they arrived."""
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
    for what, times in (("left", departures), ("arrived", arrivals)):
        assert len(times) == int(rate * SECONDS), f"{len(times)} {what}"
    return sorted(departures), sorted(arrivals)


@contextmanager
def _gateway() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks._arrivals"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def main() -> int:
    title = f"The rate at the gateway, {SECONDS:g} seconds a case"
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--json", action="store_true", help="one object a line")
    as_json = parser.parse_args().json
    if not as_json:
        print(f"{title}. A mean within 1 % of the limit and not above it, and no second")
        print("of arrivals with more than the limit and one message or 1 %: pass. What left is shown beside.")
        print(_HEADING, flush=True)
    cases = failed = 0
    for case in measure():
        cases, failed = cases + 1, failed + bool(case.faults)
        print(
            "\n".join(json.dumps(asdict(each)) for each in case.lines()) if as_json else case.row(),
            flush=True,
        )
    if not as_json:
        print(f"{cases - failed} of {cases} cases pass. Load average {os.getloadavg()[0]:.0f}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
