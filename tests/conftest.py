"""What every test may ask for: applications on real databases, a client that fills in forms, proven books.

`app` runs on SQLite; a test that asks for `any_app` runs twice, on SQLite and on PostgreSQL. `session`,
`client` and the jobs follow the same application. When a test is over, the ledger audit must find no
difference in any application it used; only a test marked `books_broken_on_purpose` is let off.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from flask import Flask, url_for
from hypothesis import HealthCheck, settings
from jinja2.bccache import Bucket, BytecodeCache
from redis import Redis
from sqlalchemy import update
from sqlalchemy.orm import Session, object_session

from app.extensions import db
from app.ledger.audit import audit
from app.models import User
from config import Settings
from tests import servers
from tests.factories.users import PASSWORD, TOTP_SECRET
from tests.panel_client import PanelClient
from tests.warm import share_rules, share_statements, wait_for_no_disk

DATABASES = {"sqlite": "sqlite", "postgresql": pytest.param("postgresql", marks=pytest.mark.postgres)}


class _SharedTemplates(BytecodeCache):
    """Compiled templates, kept for every application of the run's worker: the sources do not change under it."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


_TEMPLATES = _SharedTemplates()


def pytest_configure(config: pytest.Config) -> None:
    share_rules()
    # How long an example takes says more of the machine than of what is tested.
    settings.register_profile(
        "unhurried", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("unhurried")
    config.addinivalue_line("markers", "books_broken_on_purpose: the ledger audit is not asked afterwards")
    config.addinivalue_line(
        "markers", "only_on(database): `any_app` runs on this database alone, as the test is about it"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "any_app" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("only_on")
        metafunc.parametrize(
            "database", [DATABASES[only.args[0]]] if only else DATABASES.values(), indirect=True
        )


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """One Valkey for each worker of the run, started when first asked for."""
    with servers.running_valkey() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """One PostgreSQL for each worker of the run, with Carillon's tables, started when first asked for."""
    with servers.running_postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with Carillon's tables; each test works on a copy."""
    template = tmp_path_factory.mktemp("template") / "carillon.db"
    servers.make_tables(f"sqlite:///{template}")
    return template


@pytest.fixture
def redis(valkey_url: str) -> Iterator[Redis]:
    """A client of the Valkey that the applications use, emptied before the test."""
    with Redis.from_url(valkey_url) as client:
        client.flushall()
        yield client


@pytest.fixture
def settings_for(
    redis: Redis, valkey_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[..., Settings]:
    """Makes test settings with an empty database of the named kind; any field may be given by name.

    A second call within one test gives the same database again.
    """

    def make(database: str = "sqlite", **fields: Any) -> Settings:
        if database == "sqlite":
            path = tmp_path / "carillon.db"
            if not path.exists():
                shutil.copy(request.getfixturevalue("sqlite_template"), path)
            url = f"sqlite:///{path}"
        else:
            url = request.getfixturevalue("empty_postgresql")
        environ = {
            "CARILLON_ENV": "test",
            "CARILLON_INSTANCE": str(tmp_path / "instance"),
            "DATABASE_URL": url,
            "REDIS_URL": valkey_url,
        }
        quick = {"argon2_time_cost": 1, "argon2_memory_kib": 8}  # as the factories hash: nobody hashes anew
        return dataclasses.replace(Settings.from_env(environ), **{**quick, **fields})

    return make


@pytest.fixture
def empty_postgresql(postgresql_url: str) -> str:
    """The worker's PostgreSQL database, with its tables empty."""
    servers.empty_tables(postgresql_url)
    return postgresql_url


@pytest.fixture
def make_app(request: pytest.FixtureRequest) -> Iterator[Callable[[Settings], Flask]]:
    """Makes applications, and at the end proves the books of each and closes its connections."""
    from app import create_app  # not above: tests of pure rules need no web application to be whole

    apps: list[Flask] = []

    def make(settings: Settings) -> Flask:
        app = create_app(settings)
        app.test_client_class = PanelClient
        app.jinja_env.bytecode_cache = _TEMPLATES
        with app.app_context():
            share_statements(db.engine)
            wait_for_no_disk(db.engine)
        apps.append(app)
        return app

    yield make
    try:
        if request.node.get_closest_marker("books_broken_on_purpose") is None:
            for app in apps:
                _prove_books(app)
    finally:
        for app in apps:
            with app.app_context():
                db.engine.dispose()


def _prove_books(app: Flask) -> None:
    with app.app_context():
        report = audit(db.session())
    assert report.ok, f"The ledger audit found differences: {report.differences}"


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database that `app` runs on."""
    return getattr(request, "param", "sqlite")


@pytest.fixture
def app_on(
    make_app: Callable[[Settings], Flask],
    settings_for: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Flask]:
    """Makes an application on the named kind of database; jobs run in the newest one made."""

    def make(database: str = "sqlite", **fields: Any) -> Flask:
        app = make_app(settings_for(database, **fields))
        monkeypatch.setattr("jobs.context.load_app", lambda: app)
        return app

    return make


@pytest.fixture
def app(app_on: Callable[..., Flask], database: str) -> Flask:
    """The application under test."""
    return app_on(database)


@pytest.fixture
def any_app(app: Flask) -> Flask:
    """The application under test, on SQLite and then on PostgreSQL."""
    return app


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The application's session, in an application context that lasts for the test."""
    with app.app_context():
        yield db.session()


@pytest.fixture
def client(app: Flask) -> PanelClient:
    """A browser in front of the application, signed out."""
    client = app.test_client()
    assert isinstance(client, PanelClient)
    return client


@pytest.fixture
def sign_in(app: Flask) -> Callable[[PanelClient, User], PanelClient]:
    """Signs a person of the factories in, through the real forms: password, terms, and staff's second factor."""

    def sign_in(client: PanelClient, user: User) -> PanelClient:
        with app.test_request_context():
            address, code_page = url_for("auth.sign_in"), url_for("auth.second_factor_code")
        email, user_id = user.email, user.id
        if (reading := object_session(user)) is not None:
            reading.rollback()  # signing in writes, and the test's session must not go on with what it read before
        response = client.submit(address, {"email": email, "password": PASSWORD, "accept_terms": "y"})
        if response.location == code_page:
            _forget_spent_code(app, user_id)
            response = client.submit(code_page, {"code": pyotp.TOTP(TOTP_SECRET).now()})
        assert response.status_code in (302, 303), f"Signing {email} in answered {response.status}"
        return client

    return sign_in


def _forget_spent_code(app: Flask, user_id: int) -> None:
    """A code works once, and a test cannot wait half a minute for the next one."""
    with app.app_context():
        db.session.execute(update(User).where(User.id == user_id).values(totp_last_step=0))
        db.session.commit()
