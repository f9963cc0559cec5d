"""`python -m tests.chaos.crew`: Carillon's own processes, each forked from one warm parent at a word on its stdin.

Hundreds of processes are killed in a storm; imported anew each time, they would spend the storm starting. What is
started is what production starts (`jobs.worker`, `jobs.ticker`, the web application), with leases and claims of
seconds. Bugs are planted here (`tests.chaos.plants`) and the clock is moved here, never in the product.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import mmap
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from config import Settings
from tests.chaos.carrier import PATIENCE, STALL, Stall
from tests.source import ROOT

LONG = os.environ.get("CHAOS") == "long"
# In the short form, beside whatever else a machine does, a process that got no turn is not to lose its lease at once.
LEASE = 1.0 if LONG else 3.0
MARGIN = 2.0 if LONG else 6.0
TICK = 0.2


class Crew:
    """The test's side: starts processes by name, and knows the process id of each. Workers serve the `queues`."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        *,
        queues: Sequence[str] = ("dispatch", "default"),
        plant: str = "",
    ) -> None:
        self.log = folder / "crew.log"
        self._leases = folder / "leases"
        self._leases.touch()
        self._clock = folder / "clock"
        self._clock.write_bytes(struct.pack("d", 0.0))
        environment = {
            **os.environ,
            "CARILLON_ENV": "test",
            "CARILLON_INSTANCE": str(settings.instance),
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "PYTHONUNBUFFERED": "1",
            "CHAOS_PLANT": plant,
            "CHAOS_QUEUES": " ".join(queues),
            "CHAOS_CLOCK": str(self._clock),
            "CHAOS_LEASES": str(self._leases),
        }
        with self.log.open("ab") as log:
            self._parent = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.crew", str(os.getpid())],
                cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        self.redis_url = settings.redis_url
        self.pids: dict[str, int] = {}
        try:
            self.web = f"http://127.0.0.1:{self._hear()}"
        except BaseException:
            self.close()
            raise

    def _hear(self) -> int:
        assert self._parent.stdout is not None
        line = self._parent.stdout.readline()
        assert line, self.said()
        return int(line)

    def start(self, *names: str, **changed: float) -> None:
        """Start a worker (`one`, `two`, …), the `ticker` or the `web`; `changed` are settings in seconds."""
        assert self._parent.stdin is not None
        for name in names:
            self._parent.stdin.write(json.dumps([name, changed]) + "\n")
            self._parent.stdin.flush()
            self.pids[name] = self._hear()

    def kill(self, name: str) -> None:
        """As a power cut would. A work-horse dies with its worker."""
        pid = self.pids.pop(name)
        os.kill(pid, signal.SIGKILL)
        await_end(pid)

    def stop(self, name: str) -> None:
        """As a deploy would."""
        pid = self.pids.pop(name)
        os.kill(pid, signal.SIGTERM)
        await_end(pid)

    def horses(self) -> list[int]:
        """The work-horses at work now."""
        return [
            child
            for name, pid in self.pids.items()
            if name not in ("ticker", "web")
            for child in children(pid)
        ]

    def leaseholders(self) -> dict[str, tuple[int, int]]:
        """Who had each lease, by the route and number that its claims begin with: a work-horse and its worker."""
        return {
            lease: (int(horse), int(worker)) for act, lease, horse, worker in self._leased() if act == "got"
        }

    def stalls(self) -> dict[str, list[Stall]]:
        """When the machine let a leaseholder do nothing, by its lease: an answer may have come, and not been heard."""
        found: dict[int, list[Stall]] = defaultdict(list)
        for act, horse, began, ended in self._leased():
            if act == "stalled":
                found[int(horse)].append((_moment(began), _moment(ended)))
        return {lease: found[horse] for lease, (horse, _) in self.leaseholders().items()}

    def overtaken(self) -> list[str]:
        """Leases under which messages were taken after somebody had taken some under a later one."""
        latest: dict[str, int] = {}
        found = []
        for act, lease, *_ in self._leased():
            if act == "used":
                route, number = lease.split(".")
                if int(number) < latest.get(route, 0):
                    found.append(lease)
                latest[route] = max(int(number), latest.get(route, 0))
        return found

    def _leased(self) -> list[list[str]]:
        return [line.split() for line in self._leases.read_text().splitlines()]

    def set_clock(self, seconds: float) -> None:
        with self._clock.open("r+b") as file:  # in place: the others have it mapped
            file.write(struct.pack("d", seconds))

    def close(self) -> None:
        """Everything ends, at once."""
        self._parent.kill()
        self._parent.wait()
        for pipe in (self._parent.stdin, self._parent.stdout):
            assert pipe is not None
            pipe.close()
        for pid in self.pids.values():
            await_end(pid)

    def said(self) -> str:
        return self.log.read_text(errors="replace")[-20_000:]


def _moment(seconds: str) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)


def children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def is_alive(pid: int) -> bool:
    """Whether the process still runs; one that is dead and not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def await_end(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while is_alive(pid):
        assert time.monotonic() < deadline, f"Process {pid} does not end."
        time.sleep(0.002)


def _shift_clock() -> None:
    """Have `app.clock.now` and `time.time` tell the time that the test wants.

    Before anything else of the application is imported: all of it takes `now` by name.
    """
    spec = importlib.util.spec_from_file_location("app.clock", ROOT / "app" / "clock.py")
    assert spec is not None
    assert spec.loader is not None
    clock = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(clock)
    sys.modules["app.clock"] = clock

    with Path(os.environ["CHAOS_CLOCK"]).open("rb") as file:
        shared = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
    true_time = time.time

    def offset() -> float:
        return float(struct.unpack("d", shared[:8])[0])

    clock.now = lambda: datetime.now(UTC) + timedelta(seconds=offset())  # type: ignore[attr-defined]
    time.time = lambda: true_time() + offset()


def _note_leases(path: Path) -> None:
    """Have every work-horse write down which lease it gets, so that a claim tells whose it was, and when it uses it.

    Both are written inside their transactions, which hold the lease's row: the lines stand in the order of these.
    """
    from app.sending.dispatch import claims

    acquire, take = claims.acquire_lease, claims.take

    def write(*words: object) -> None:
        with path.open("a") as file:
            file.write(" ".join(map(str, words)) + "\n")

    def note(act: str, lease: claims.Lease) -> None:
        write(act, f"{lease.route_id}.{lease.fence}", os.getpid(), os.getppid())

    def note_stalls() -> None:
        while True:
            asleep_from = time.monotonic()
            time.sleep(0.1)
            slept = time.monotonic() - asleep_from
            if slept > 0.1 + STALL:
                woke = time.time()
                write("stalled", os.getpid(), woke - slept, woke)

    def noted_acquire(*arguments: Any) -> claims.Lease | None:
        lease = acquire(*arguments)
        if lease is not None:
            note("got", lease)
            threading.Thread(target=note_stalls, daemon=True).start()  # a work-horse gets one lease at most
        return lease

    def noted_take(session: Any, lease: claims.Lease, *arguments: Any) -> list[claims.Claimed]:
        taken = take(session, lease, *arguments)
        if taken:
            note("used", lease)
        return taken

    claims.acquire_lease, claims.take = noted_acquire, noted_take


def _main(parent: int) -> None:
    _shift_clock()
    import logging

    from app import create_app
    from app.sending.dispatch import retries
    from jobs import context, dispatch, parent_death, receipts, ticker, worker  # noqa: F401
    from tests.chaos import plants

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    parent_death.die_with(parent)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    settings = _settings(
        dataclasses.replace(
            Settings.from_env(),
            callback_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
            argon2_time_cost=1,
            argon2_memory_kib=8,
        ),
        {
            "pump_slice": 5.0, "pump_lease": LEASE, "claim_margin": MARGIN,
            "ticker_interval": TICK,
        },
    )  # fmt: skip
    app = create_app(settings)
    _warm_up(app)
    context.load_app = lambda: app  # type: ignore[assignment]
    retries.PATIENCE = {  # type: ignore[assignment]
        code: dataclasses.replace(each, first=timedelta(seconds=1), longest=timedelta(seconds=1))
        for code, each in retries.PATIENCE.items()
    }
    retries.USUAL = dataclasses.replace(  # type: ignore[misc]
        retries.USUAL, first=timedelta(seconds=1), longest=timedelta(seconds=1)
    )
    plants.plant(os.environ["CHAOS_PLANT"])
    _note_leases(Path(os.environ["CHAOS_LEASES"]))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that were killed
    answers = os.dup(1)
    os.dup2(2, 1)
    os.write(answers, f"{listener.getsockname()[1]}\n".encode())
    here = os.getpid()
    for line in sys.stdin:
        name, more = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            parent_death.die_with(here)
            os.close(answers)
            app.config["CARILLON"] = _settings(app.config["CARILLON"], more)
            try:
                _be(name, app, listener)
            finally:
                os._exit(0)
        os.write(answers, f"{pid}\n".encode())


def _warm_up(app: Any) -> None:
    """Have the statements of a tick built before the first fork: what is forked hundreds of times finds them."""
    from app.extensions import db
    from jobs import interpreter, ticker

    with app.app_context():
        ticker.tick(db.session(), app.config["CARILLON"])
        db.session.remove()
        db.engine.dispose()
    interpreter.prepare()


def _settings(settings: Settings, seconds: dict[str, float]) -> Settings:
    return dataclasses.replace(
        settings, **{name: timedelta(seconds=value) for name, value in seconds.items()}
    )


def _be(name: str, app: Any, listener: socket.socket) -> None:
    from jobs import ticker, worker

    if name == "ticker":
        ticker.main()
    elif name == "web":
        from werkzeug.serving import make_server

        make_server("127.0.0.1", 0, app, threaded=True, fd=listener.fileno()).serve_forever()
    else:
        worker.work(os.environ["CHAOS_QUEUES"].split(), app.config["CARILLON"].redis_url)


if __name__ == "__main__":
    _main(int(sys.argv[1]))
