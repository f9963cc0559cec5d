"""The worker as a real process on a real Valkey: it dies whole, outlasts Redis, and stops when asked."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job

from app.schema import revisions
from operations.child import Child
from operations.environment import ROOT
from operations.instance import a_free_port
from operations.valkey import EmbeddedValkey
from tests.operations import jobs_for_workers
from tests.waiting import PATIENCE, until


class Server:
    """A Valkey that a test may stop and start, always at the same address."""

    def __init__(self, folder: Path) -> None:
        self.valkey = EmbeddedValkey.under(folder, a_free_port())
        self.url = self.valkey.url
        self._child = Child(self.valkey.program(wave=0), dict(os.environ), folder)

    def start(self) -> None:
        self._child.start()
        assert self.valkey.answers(PATIENCE), self.valkey.last_words()

    def stop(self) -> None:
        if self._child.pid:
            self._child.signal(signal.SIGTERM)
            self._child.buried()


class Workers:
    """Starts `python -m jobs.worker` and reads what it says."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._environment = {
            **os.environ,
            "CARILLON_ENV": "development",
            "CARILLON_INSTANCE": str(folder),
            "DATABASE_URL": f"sqlite:///{folder / 'worker.db'}",
            "REDIS_URL": url,
            "PYTHONUNBUFFERED": "1",
        }
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *queues: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "jobs.worker", *queues],
                cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.started.append(process)
        return process

    @property
    def _log(self) -> Path:
        return self._folder / "workers.log"

    def said(self) -> str:
        return self._log.read_text() if self._log.exists() else ""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / "worker.db")) as database, database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
        database.execute("INSERT INTO alembic_version VALUES (?)", [revisions()[0]])
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis(server: Server) -> Iterator[Redis]:
    with Redis.from_url(server.url) as client:
        yield client


@pytest.fixture
def workers(server: Server, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(tmp_path, server.url)
    yield workers
    for process in workers.started:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], object], workers: Workers) -> None:
    until(condition, why=workers.said)


def alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_it_serves_its_queues_and_says_little(workers: Workers, redis: Redis, tmp_path: Path) -> None:
    workers.start("intake", "default")
    for name in ("intake", "default"):
        Queue(name, connection=redis).enqueue(jobs_for_workers.touch, str(tmp_path / name), result_ttl=0)
    wait_for(lambda: (tmp_path / "intake").exists() and (tmp_path / "default").exists(), workers)
    assert len(workers.said().splitlines()) == 1


def test_a_failed_job_leaves_neither_number_nor_text_in_redis(workers: Workers, redis: Redis) -> None:
    workers.start("default")
    job = Queue("default", connection=redis).enqueue(jobs_for_workers.break_over, 701, failure_ttl=600)
    wait_for(lambda: job.latest_result(), workers)
    result = job.latest_result()
    assert result is not None
    kept = result.exc_string or ""
    assert kept.startswith("builtins.ValueError at ")
    assert "jobs_for_workers.py" in kept
    assert "← builtins.KeyError at " in kept
    hash_of_job: dict[bytes, bytes] = redis.hgetall(job.key)  # type: ignore[assignment]
    told = f"{kept} {hash_of_job} {workers.said()}"
    assert "60123456701" not in told
    assert "No such number" not in told


def test_on_a_schema_that_is_behind_it_says_so_and_waits_for_the_migrations(
    workers: Workers, redis: Redis, tmp_path: Path
) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "worker.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    worker = workers.start("default")
    job = Queue("default", connection=redis).enqueue(jobs_for_workers.touch, str(tmp_path / "done"))
    wait_for(lambda: "flask --app wsgi db upgrade" in workers.said(), workers)
    assert worker.poll() is None
    assert job.get_status() == "queued"
    worker.terminate()
    worker.wait(60)


def test_an_unknown_queue_is_refused(workers: Workers) -> None:
    assert workers.start("post").wait(60) == 2
    assert "invalid choice: 'post'" in workers.said()


def test_a_killed_worker_takes_its_job_along_and_the_next_one_frees_its_name(
    workers: Workers, redis: Redis, tmp_path: Path
) -> None:
    queue = Queue("dispatch", connection=redis)
    at_work = tmp_path / "at-work"
    options = {"job_id": "pump-1", "unique": True, "result_ttl": 0, "failure_ttl": 0}
    worker = workers.start("dispatch")
    queue.enqueue(jobs_for_workers.linger, str(at_work), 60, **options)
    wait_for(lambda: at_work.exists() and at_work.read_text(), workers)
    horse = int(at_work.read_text())

    worker.kill()
    worker.wait()
    wait_for(lambda: not alive(horse), workers)
    assert Job.exists("pump-1", connection=redis)  # RQ believes it runs on

    workers.start("dispatch")
    wait_for(lambda: not Job.exists("pump-1", connection=redis), workers)
    queue.enqueue(jobs_for_workers.touch, str(tmp_path / "again"), **options)
    wait_for((tmp_path / "again").exists, workers)


def test_it_waits_for_a_redis_that_is_away_at_the_start(
    workers: Workers, server: Server, redis: Redis, tmp_path: Path
) -> None:
    server.stop()
    worker = workers.start("default")
    wait_for(lambda: "redis_away" in workers.said(), workers)
    time.sleep(1)
    assert workers.said().count("redis_away") == 1
    assert worker.poll() is None
    server.start()
    Queue("default", connection=redis).enqueue(jobs_for_workers.touch, str(tmp_path / "done"))
    wait_for((tmp_path / "done").exists, workers)
    assert "redis_back" in workers.said()


def test_a_redis_restarted_in_the_middle_of_a_job_costs_nothing(
    workers: Workers, server: Server, redis: Redis, tmp_path: Path
) -> None:
    worker = workers.start("default")
    queue = Queue("default", connection=redis)
    at_work = tmp_path / "at-work"
    job = queue.enqueue(jobs_for_workers.until_let_go, str(at_work), result_ttl=60)
    wait_for(at_work.exists, workers)
    server.stop()
    Path(f"{at_work}.go").touch()
    wait_for(Path(f"{at_work}.done").exists, workers)
    time.sleep(0.5)
    server.start()
    wait_for(lambda: job.get_status() == "finished", workers)

    queue.enqueue(jobs_for_workers.touch, str(tmp_path / "next"))
    wait_for((tmp_path / "next").exists, workers)
    assert worker.poll() is None
    assert "Traceback" not in workers.said()


def test_asked_to_stop_it_asks_the_running_job_to_finish(
    workers: Workers, redis: Redis, tmp_path: Path
) -> None:
    worker = workers.start("dispatch")
    at_work = tmp_path / "at-work"
    Queue("dispatch", connection=redis).enqueue(jobs_for_workers.until_asked_to_stop, str(at_work))
    wait_for(at_work.exists, workers)
    worker.terminate()
    assert worker.wait(60) == 0
    assert Path(f"{at_work}.stopped").exists()


def test_it_stops_when_asked_though_redis_is_away(workers: Workers, server: Server) -> None:
    worker = workers.start("default")
    wait_for(lambda: "worker_ready" in workers.said(), workers)
    time.sleep(0.5)
    server.stop()
    wait_for(lambda: "redis_away" in workers.said(), workers)
    worker.terminate()
    assert worker.wait(60) == 0
    assert "Traceback" not in workers.said()
