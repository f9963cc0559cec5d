"""A panel with one of everything, everybody signed in once, and a way back to how it was.

What people can read of the account under test carries `SECRET` or `AGENCY`, so that a page that shows any of it to a
stranger gives itself away.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyotp
from flask import Flask
from redis import Redis
from sqlalchemy import update
from werkzeug.test import TestResponse

from app.extensions import db
from app.models import User
from tests.access.table import CLIENTS, STAFF
from tests.factories.users import PASSWORD, TOTP_SECRET
from tests.panel_client import PanelClient

SECRET: Final = "Zephyrine"  # in whatever it keeps
AGENCY: Final = "Meridian"  # in its own name and its people's
# Only for these may a request that changes nothing else write: when a device was last seen, and what tries were made.
ALWAYS_NOTED: Final = frozenset({"device_session.seen_at", "sign_in_attempt", "limit_hit"})

ANONYMOUS: Final = "anonymous"
HALF_WAY: Final = "half-way in"  # the right password, and a second factor still to come
SUSPENDED: Final = "suspended"  # a session from before the account was
STRANGER: Final = "stranger"  # the owner of another account
NOBODY: Final = (ANONYMOUS, HALF_WAY, SUSPENDED)
EVERYBODY: Final = (*NOBODY, *CLIENTS, *STAFF, STRANGER)


@dataclass
class Visitor:
    """Somebody's cookies, and the token of their forms."""

    name: str
    cookies: str
    token: str
    user_id: int | None = None


@dataclass
class World:
    """The application, who comes to it, and what lies in it. `things` are ids by (blueprint or endpoint, argument)."""

    app: Flask
    database: Path
    redis: Redis
    visitors: dict[str, Visitor] = field(default_factory=dict)
    things: dict[tuple[str, str], Any] = field(default_factory=dict)
    account_ids: dict[str, int] = field(default_factory=dict)
    route_id: int = 0
    closed_route_id: int = 0
    whatsapp_route_id: int = 0
    terms: str = ""
    emails: dict[str, str] = field(default_factory=dict)
    _watch: sqlite3.Connection = field(init=False)
    _version: int = 0
    _tables: dict[str, str] = field(default_factory=dict)

    @property
    def _kept(self) -> Path:
        return self.database.with_suffix(".kept")

    def address(self, endpoint: str, who: str, **instead: Any) -> str:
        """The page's address with ids of things that are there; `instead` gives others."""
        (rule, *_) = self.app.url_map.iter_rules(endpoint)
        values = {
            name: instead[name] if name in instead else self._thing(endpoint, name, who)
            for name in rule.arguments
        }
        adapter = self.app.url_map.bind("localhost")
        return adapter.build(endpoint, values | instead)

    def _thing(self, endpoint: str, argument: str, who: str) -> Any:
        for key in ((endpoint, argument), (endpoint.partition(".")[0], argument)):
            if key in self.things:
                thing = self.things[key]
                return thing(self.visitors[who]) if callable(thing) else thing
        raise AssertionError(
            f"Give {endpoint} something for <{argument}> in tests/access/things.py or belongings.py"
        )

    def methods(self, endpoint: str) -> list[str]:
        """What the page answers to, reading first."""
        found = {method for rule in self.app.url_map.iter_rules(endpoint) for method in rule.methods or ()}
        return sorted(found - {"HEAD", "OPTIONS"})

    def ask(
        self,
        who: str,
        method: str,
        address: str,
        data: dict[str, Any] | None = None,
        *,
        with_token: bool = True,
    ) -> TestResponse:
        """One request with this visitor's cookies, who get no new ones: everybody stays as they came."""
        visitor = self.visitors[who]
        headers = {"Cookie": visitor.cookies} if visitor.cookies else {}
        if with_token and method != "GET":
            headers["X-CSRFToken"] = visitor.token
        client = self.app.test_client(use_cookies=False)
        response = client.open(address, method=method, headers=headers, data=data, buffered=True)
        assert isinstance(response, TestResponse)
        return response

    def keep(self) -> None:
        """Remember how the database is now, for `restore`."""
        self._watch = sqlite3.connect(self.database)
        with closing(sqlite3.connect(self._kept)) as kept:
            self._watch.backup(kept)
        self._tables, self._version = _digests(self._watch), self._written()

    def restore(self) -> None:
        """Everything as it was kept: the database, and what was counted or queued."""
        if self._written() != self._version:
            with (
                closing(sqlite3.connect(self._kept)) as kept,
                closing(sqlite3.connect(self.database)) as target,
            ):
                kept.backup(target)
            self._version = self._written()
        self.redis.flushall()

    def leave(self) -> None:
        """Let go of the database."""
        self._watch.close()

    def _written(self) -> int:
        """A number that is another one once anybody has written to the database."""
        return int(self._watch.execute("PRAGMA data_version").fetchone()[0])

    def changed(self) -> list[str]:
        """The tables that are not as they were kept; and the queues, where a job was asked for."""
        now = _digests(self._watch) if self._written() != self._version else self._tables
        tables = [name for name in now if now[name] != self._tables.get(name)]
        queues = [key.decode() for key in self.redis.keys("rq:job:*")]
        return tables + (["a job was queued"] if queues else [])

    def rows(self, leave_out: Callable[[str, str], bool]) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table, without the columns that `leave_out(table, column)` names."""
        found: dict[str, list[dict[str, Any]]] = {}
        with closing(sqlite3.connect(self.database)) as source:
            source.row_factory = sqlite3.Row
            for name in _table_names(source):
                rows = source.execute(f'SELECT * FROM "{name}" ORDER BY rowid').fetchall()
                kept = [key for key in rows[0].keys() if not leave_out(name, key)] if rows else []  # noqa: SIM118
                found[name] = [{key: row[key] for key in kept} for row in rows]
        return found


def _table_names(source: sqlite3.Connection) -> list[str]:
    return [
        row[0] for row in source.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    ]


def _digests(source: sqlite3.Connection) -> dict[str, str]:
    """A digest of each table, without what is always noted."""
    found = {}
    for name in _table_names(source):
        if name in ALWAYS_NOTED:
            continue
        columns = [row[1] for row in source.execute(f'PRAGMA table_info("{name}")')]
        shown = ", ".join(f'"{column}"' for column in columns if f"{name}.{column}" not in ALWAYS_NOTED)
        rows = source.execute(f'SELECT {shown} FROM "{name}" ORDER BY rowid').fetchall()
        found[name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def sign_in(world: World, name: str, email: str, *, half_way: bool = False, next: str = "") -> None:
    """Sign a person in through the real forms, on the way to `next`, and keep their cookies."""
    client = world.app.test_client()
    assert isinstance(client, PanelClient)
    response = client.submit(
        f"/sign-in?next={next}", {"email": email, "password": PASSWORD, "accept_terms": "y"}
    )
    if response.location == "/sign-in/code" and not half_way:
        with world.app.app_context():
            db.session.execute(update(User).where(User.email == email).values(totp_last_step=0))
            db.session.commit()
        response = client.submit("/sign-in/code", {"code": pyotp.TOTP(TOTP_SECRET).now()})
    assert response.status_code in (302, 303), f"Signing {email} in answered {response.status}"
    token = client.csrf_token("/sign-in/code" if half_way else "/account/security")
    with world.app.app_context():
        user_id = db.session.query(User.id).filter(User.email == email).scalar()
    world.visitors[name] = Visitor(name, _cookies(client), token, user_id)


def come_by(world: World) -> None:
    """Somebody who is not signed in."""
    client = world.app.test_client()
    assert isinstance(client, PanelClient)
    token = client.csrf_token("/sign-in")
    world.visitors[ANONYMOUS] = Visitor(ANONYMOUS, _cookies(client), token)


def _cookies(client: PanelClient) -> str:
    held = client._cookies or {}
    return "; ".join(f"{cookie.key}={cookie.value}" for cookie in held.values())
