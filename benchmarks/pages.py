"""Server time of the overview and the record pages at ten thousand messages and at ten million, in one run.

Run with `python -m benchmarks.pages [--json]`; CARILLON_BENCH_MESSAGES takes another number than ten million, and
CARILLON_BENCH_DATABASE the address of an empty database in place of a SQLite file for the large one. The limits are
ours: no page above 50 ms with one user, and the 95th percentile of the large at most 1.25 times that of the small.
Beside them, a bare Flask page over the same rows: it reads who is signed in, makes one query and shows 50 rows.
"""

from __future__ import annotations

import os
import re
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask, render_template_string, session
from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app, load
from app.accounts.passwords import hash_password
from app.extensions import db
from app.models import Message, Task
from benchmarks._lines import Line, line, show
from config import Settings

SMALL = 10_000
LARGE = int(os.environ.get("CARILLON_BENCH_MESSAGES", "10000000"))
PER_TASK = 180  # so that the small one, too, has more tasks than a page shows
ROUNDS = 60
PAGE_MS = 50.0
RATIO = 1.25
PASSWORD = "only for measuring"


def measure() -> Iterator[Line]:
    """Every page at both sizes, and how the one stands to the other."""
    with tempfile.TemporaryDirectory(prefix="carillon-pages-") as folder:
        small = _panel(Path(folder) / "small", SMALL)
        large = _panel(Path(folder) / "large", LARGE, os.environ.get("CARILLON_BENCH_DATABASE"))
        clients = _signed_in(small), _signed_in(large)
        addresses = _pages(small), _pages(large)
        for case in addresses[0]:
            before, times = _in_turns(clients, [each[case] for each in addresses])
            yield line("pages", f"{case}, {LARGE:,} messages, p50", _percentile(times, 50), "ms")
            yield line("pages", f"{case}, {LARGE:,} messages, p95", _percentile(times, 95), "ms", PAGE_MS)
            once = _percentile(before, 95)
            ratio = _percentile(times, 95) / once
            yield line("pages", f"{case}, p95 against {SMALL:,} ({once:.1f} ms)", ratio, "×", RATIO)
        for size in ("small", "large"):
            bare = Path(folder) / size / "carillon.db"
            if bare.exists():
                (times,) = _in_turns([_bare_client(bare)], ["/"])
                yield line("pages", f"a bare Flask page, {size}, p95", _percentile(times, 95), "ms", PAGE_MS)


def _panel(folder: Path, messages: int, url: str | None = None) -> Flask:
    folder.mkdir()
    settings = Settings.from_env(
        {
            "CARILLON_ENV": "test",
            "CARILLON_INSTANCE": str(folder),
            "DATABASE_URL": url or f"sqlite:///{folder / 'carillon.db'}",
            "REDIS_URL": "redis://127.0.0.1:1/0",  # nobody answers there, and none of these pages asks
        }
    )
    app = create_app(settings)
    app.testing = False
    with app.app_context():
        db.create_all()
        password = hash_password(PASSWORD, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        for _ in load.seed(db.session(), messages, password, PER_TASK):
            pass
        with db.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
    return app


def _pages(app: Flask) -> dict[str, str]:
    """The addresses to measure. The deep page lies half-way down; the number is one in the middle."""
    with app.app_context():
        tasks = db.session.execute(select(Task.public_id, Task.id, Task.day).order_by(Task.id)).all()
        middle = tasks[len(tasks) // 2]
        number = db.session.scalar(select(Message.e164).where(Message.task_id == middle.id).limit(1))
    day = middle.day.isoformat()
    return {
        "overview": "/",
        "overview, all days": "/?days=all",
        "messages": "/messages",
        "messages, deep": f"/messages?before={middle.public_id}.200",
        "messages, one day": f"/messages?from={day}&to={day}",
        "messages, failed": "/messages?status=failed",
        "messages, in doubt, deep": f"/messages?status=in_doubt&before={middle.public_id}.200",
        "messages, cancelled (none)": "/messages?status=cancelled",
        "messages, one sender ID": "/messages?sid=LANTERN",
        "messages, a number": f"/messages?number=%2B{str(number).lstrip('+')}",
        "messages, a task's name": "/messages?task=Load+1",
        "a message": f"/messages/{middle.public_id}/100",
        "tasks": "/tasks",
        "tasks, deep": f"/tasks?before={middle.public_id}",
        "tasks, one day": f"/tasks?from={day}&to={day}",
        "sending": "/sending",
        "a task": f"/tasks/{middle.public_id}",
    }


def _signed_in(app: Flask) -> FlaskClient:
    client = app.test_client()
    page = client.get("/sign-in").text
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    assert token is not None, "The sign-in page has no token."
    form = {"csrf_token": token[1], "email": load.EMAIL, "password": PASSWORD, "accept_terms": "y"}
    answer = client.post("/sign-in", data=form)
    assert answer.status_code == 302, f"Signing in answered {answer.status}."
    return client


def _in_turns(clients: Sequence[FlaskClient], addresses: Sequence[str]) -> list[list[float]]:
    """The server's milliseconds for each client's page, the first look left out. They take turns, so that whatever
    else the machine does falls on all of them."""
    times: list[list[float]] = [[] for _ in clients]
    for _ in range(ROUNDS + 1):
        for client, address, taken in zip(clients, addresses, times, strict=True):
            began = time.perf_counter()
            answer = client.get(address)
            taken.append((time.perf_counter() - began) * 1_000)
            assert answer.status_code == 200, f"{address} answered {answer.status}."
    return [taken[1:] for taken in times]


def _percentile(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1]


_BARE_PAGE = """<!doctype html><title>Messages</title><table>{% for row in rows %}
<tr><td>{{ row[0] }}</td><td>{{ row[1] }}</td><td>{{ row[2] }}</td></tr>{% endfor %}</table>"""


def _bare_client(path: Path) -> FlaskClient:
    """The least that such a page can be: a session, one query by key, 50 rows."""
    app = Flask("bare")
    app.secret_key = "only for measuring"
    connection = sqlite3.connect(path, check_same_thread=False)

    @app.get("/enter")
    def enter() -> str:
        session["account"] = 1
        return ""

    @app.get("/")
    def rows() -> str:
        query = "SELECT e164, status, price FROM message WHERE account_id = ? ORDER BY id DESC LIMIT 50"
        found: Iterable[Any] = connection.execute(query, (session["account"],)).fetchall()
        return render_template_string(_BARE_PAGE, rows=found)

    client = app.test_client()
    client.get("/enter")
    return client


if __name__ == "__main__":
    show(measure, f"Pages at {SMALL:,} and {LARGE:,} messages")
