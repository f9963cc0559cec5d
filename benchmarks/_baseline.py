"""What the pump is instead of: a job for every message, by one forking RQ worker."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

import psycopg
from redis import Redis
from rq import Queue
from sqlalchemy import make_url

# It imports the job before it forks: a fresh import for every message would make the baseline look worse than it is.
_WORKER: Final = """
import sys
import benchmarks._one_message
from redis import Redis
from rq import Worker
Worker(["baseline"], connection=Redis.from_url(sys.argv[1])).work(burst=True, logging_level="ERROR")
"""


def job_each(kind: str, settings: Mapping[str, Any], database_url: str, redis_url: str, jobs: int) -> float:
    """Messages a second over so many jobs: a sample, of which more would take as long each."""
    database = _table(database_url, jobs)
    queue = Queue("baseline", connection=Redis.from_url(redis_url))
    for number in range(jobs):
        queue.enqueue("benchmarks._one_message.send_one", number)
    environment = os.environ | {
        "BASELINE_KIND": kind, "BASELINE_SETTINGS": json.dumps(settings), "BASELINE_DATABASE": database,
    }  # fmt: skip
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", _WORKER, redis_url], env=environment, check=True, capture_output=True
    )
    return jobs / (time.perf_counter() - started)


def _table(database_url: str, jobs: int) -> str:
    """A small table with a status for each message; how the job reaches it."""
    make = (
        "DROP TABLE IF EXISTS baseline",
        "CREATE TABLE baseline (id INTEGER PRIMARY KEY, status TEXT)",
        "INSERT INTO baseline VALUES " + ", ".join(f"({number}, 'queued')" for number in range(jobs)),
    )
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        assert url.database is not None
        path = f"{url.database}.baseline"
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            for statement in make:
                connection.execute(statement)
        return path
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as served:
        for statement in make:
            served.execute(statement.encode())
    return plain
