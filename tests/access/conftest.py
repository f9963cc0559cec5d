"""One panel for the module, with one of everything and everybody signed in; each test finds it as it was."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from app.extensions import db
from app.ledger.audit import audit
from config import Settings
from tests.access import things
from tests.access.world import HALF_WAY, World, come_by, sign_in
from tests.panel_client import PanelClient


@pytest.fixture(scope="module")
def whole_world(
    sqlite_template: Path, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Made once: signing eleven people in for each of a thousand questions would take an hour."""
    from app import create_app

    folder = tmp_path_factory.mktemp("access")
    database = folder / "carillon.db"
    shutil.copy(sqlite_template, database)
    environ = {
        "CARILLON_ENV": "test",
        "CARILLON_INSTANCE": str(folder / "instance"),
        "DATABASE_URL": f"sqlite:///{database}",
        "REDIS_URL": valkey_url,
    }
    settings = dataclasses.replace(Settings.from_env(environ), argon2_time_cost=1, argon2_memory_kib=8)
    app = create_app(settings)
    app.test_client_class = PanelClient
    with Redis.from_url(valkey_url) as redis:
        redis.flushall()
        world = World(app, database, redis)
        _inhabit(world, settings)
        yield world
        world.restore()
        world.leave()
    with app.app_context():
        assert audit(db.session()).ok
        db.engine.dispose()


def _inhabit(world: World, settings: Settings) -> None:
    with world.app.app_context():
        session = db.session()
        people = things.make_people(session, world)
        emails = world.emails = {name: person.email for name, person in people.items()}
    come_by(world)
    for name, email in emails.items():
        if name not in ("member", "colleague"):
            sign_in(world, name, email, half_way=name == HALF_WAY)
    with world.app.app_context():
        session = db.session()
        people = {name: session.merge(person) for name, person in people.items()}
        things.fill(session, world, people, settings)
        things.suspend(session, world)
    world.redis.flushall()
    world.keep()


@pytest.fixture
def world(whole_world: World) -> World:
    """The panel as it was made."""
    whole_world.restore()
    return whole_world
