"""The migrations, run on an empty database of each kind, against the models."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import flask_migrate
import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError

from app.accounts.terms import current_terms
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.extensions import db
from app.ledger.audit import audit
from app.models import AuditEvent, LedgerEntry, Message, SubmittedDay, Task, TaskName
from app.sending import submission
from app.sending.drafting.checking import check
from app.topups import approval
from config import Settings
from tests import servers
from tests.factories.accounts import make_account
from tests.factories.messages import FAILED_LATE, REFUSED, settle
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_submitted_task
from tests.factories.top_ups import make_plan, make_top_up
from tests.factories.users import make_owner, make_staff
from tests.source import ROOT

MIGRATIONS = str(ROOT / "migrations")

pytestmark = pytest.mark.books_broken_on_purpose  # there are no books before the first migration

# Everything that the database knows of its tables, as text that two databases can be compared by. Triggers are no
# part of the models: see TRIGGERS_OF.
SCHEMA_OF = {
    "sqlite": """
        SELECT name, sql FROM sqlite_master
        WHERE tbl_name NOT LIKE 'alembic%' AND type <> 'trigger' ORDER BY name""",
    "postgresql": """
        SELECT table_name, concat_ws(' ', column_name, data_type, character_maximum_length, is_nullable,
                                     column_default)
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'alembic%'
        UNION ALL
        SELECT conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE 'alembic%'
        UNION ALL
        SELECT tablename, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename NOT LIKE 'alembic%'
        ORDER BY 1, 2""",
}
# SQLite writes a column that was added later beside the last one, on one line.
_BETWEEN = re.compile(r",?\s*\n|, (?![^()]*\))")

TRIGGERS_OF = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
    "postgresql": """
        SELECT tgname FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        ORDER BY 1""",
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def new_url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Makes an empty database without tables, and gives its address."""

    def make(name: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / name}.db"
        return servers.new_database(request.getfixturevalue("postgresql_url"), name)

    return make


@pytest.fixture
def empty_app(
    make_app: Callable[[Settings], Flask],
    settings_for: Callable[..., Settings],
    new_url: Callable[[str], str],
) -> Iterator[Flask]:
    """An application on a database that has never been migrated."""
    app = make_app(settings_for(database_url=new_url("migrated")))
    with app.app_context():
        yield app


def schema(url: str, kind: str) -> list[tuple[str, list[str]]]:
    """Each thing and its definition, a line for each column and constraint, in an order that says nothing.

    Without quotes: SQLite puts them round the name of a table that was built anew, and so renamed.
    """
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            rows = connection.execute(text(SCHEMA_OF[kind])).all()
    finally:
        engine.dispose()
    return [
        (name, sorted(line.strip(" \t,") for line in _BETWEEN.split((definition or "").replace('"', ""))))
        for name, definition in rows
    ]


def triggers(app: Flask, kind: str) -> list[str]:
    with app.app_context(), db.engine.connect() as connection:
        return list(connection.scalars(text(TRIGGERS_OF[kind])))


def url_of(app: Flask) -> str:
    return app.config["SQLALCHEMY_DATABASE_URI"]


def test_upgrading_from_nothing_gives_the_models_schema(
    empty_app: Flask, kind: str, new_url: Callable[[str], str]
) -> None:
    flask_migrate.upgrade(MIGRATIONS)
    from_models = new_url("from_models")
    servers.make_tables(from_models)
    assert schema(url_of(empty_app), kind) == schema(from_models, kind)


@pytest.mark.usefixtures("empty_app")
def test_the_models_need_no_further_migration() -> None:
    flask_migrate.upgrade(MIGRATIONS)
    flask_migrate.check(MIGRATIONS)  # ends the process with status 1 when something differs


def test_downgrading_takes_everything_away_and_upgrading_brings_it_back(empty_app: Flask, kind: str) -> None:
    flask_migrate.upgrade(MIGRATIONS)
    whole, guards = schema(url_of(empty_app), kind), triggers(empty_app, kind)
    assert len(guards) >= 3
    flask_migrate.downgrade(MIGRATIONS, revision="0001")
    assert triggers(empty_app, kind) == []
    assert {"task", "ledger_entry"} <= {name for name, _ in schema(url_of(empty_app), kind)}
    flask_migrate.downgrade(MIGRATIONS, revision="base")
    assert schema(url_of(empty_app), kind) == []
    flask_migrate.upgrade(MIGRATIONS)
    assert schema(url_of(empty_app), kind) == whole
    assert triggers(empty_app, kind) == guards


def test_a_migrated_database_takes_credit_a_task_and_its_end_and_lets_no_record_be_changed(
    empty_app: Flask,
) -> None:
    flask_migrate.upgrade(MIGRATIONS)
    session = db.session()
    owner, staff = make_owner(session, make_account(session)), make_staff(session)
    make_plan(session)
    bought = make_top_up(session, owner)
    with write_transaction(session):
        approval.approve(
            session,
            Actor.of(staff, "192.0.2.1"),
            staff,
            bought.public_id,
            amount=bought.amount,
            reason="",
            seen=bought.receipt_hash,
        )
    draft = make_draft(
        session, owner, make_route(session), typed_recipients="+61412345678\n+61412345679", state="checking"
    )
    draft_id, draft_name, account_id = draft.id, draft.public_id, owner.account_id
    check(session, draft_id, empty_app.config["CARILLON"])
    with write_transaction(session):
        submission.submit(
            session,
            account_id,
            draft_name,
            user_id=owner.id,
            check_run=session.get_one(Task, draft_id).check_run,
            terms_version=current_terms(session).version,
            ip="192.0.2.1",
        )
    with write_transaction(session):
        settle(session, session.get_one(Task, draft_id), [FAILED_LATE, REFUSED])
    session.rollback()
    report = audit(session)
    assert report.ok, report.differences
    session.rollback()
    kinds = set(session.scalars(select(LedgerEntry.kind)))
    assert kinds == {"top_up", "hold", "charge", "release", "refund"}
    for table in ("ledger_entry", "audit_event"):
        for act in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
            session.rollback()
            with pytest.raises(DBAPIError, match="append-only"):
                session.execute(text(act))
    session.rollback()
    assert session.scalars(select(LedgerEntry.kind)).all()
    assert session.scalars(select(AuditEvent.id)).all()


def test_what_was_claimed_waits_again_and_the_books_stand(empty_app: Flask) -> None:
    flask_migrate.upgrade(MIGRATIONS)
    session = db.session()
    owner = make_owner(session, make_account(session, available=10_000))
    task_id = make_submitted_task(session, owner, make_route(session), messages=3).id
    session.close()
    flask_migrate.downgrade(MIGRATIONS, revision="0011")
    with db.engine.begin() as connection:
        connection.execute(
            text("UPDATE message SET status = 'claimed', claim = '1.1.0', attempt = 1 WHERE row < 4")
        )
        connection.execute(
            text(
                "INSERT INTO gateway_try (message_id, route_id, gateway, attempt, answered_at, outcome, code)"
                " SELECT id, route_id, 'http', 1, queued_at, 'in_doubt', 'timeout' FROM message WHERE row = 2"
            )
        )
    flask_migrate.upgrade(MIGRATIONS)
    messages = session.scalars(select(Message).where(Message.task_id == task_id).order_by(Message.row)).all()
    assert [(each.status, each.claim) for each in messages] == [("queued", None)] * 3
    assert [each.may_have_left for each in messages] == [True, False, False]
    report = audit(session)
    assert report.ok, report.differences


def test_names_are_searched_and_days_proved_for_tasks_from_before(empty_app: Flask) -> None:
    flask_migrate.upgrade(MIGRATIONS)
    session = db.session()
    owner = make_owner(session, make_account(session, available=10_000))
    for name in ("Spring sale", "春节2026", "★"):
        make_submitted_task(session, owner, make_route(session), messages=2, name=name)
    kept = [set(session.execute(select(*table.__table__.c))) for table in (TaskName, SubmittedDay)]
    session.close()
    flask_migrate.downgrade(MIGRATIONS, revision="0013")
    flask_migrate.upgrade(MIGRATIONS)
    assert [set(session.execute(select(*table.__table__.c))) for table in (TaskName, SubmittedDay)] == kept
    assert all(kept)
    assert audit(session).ok


@pytest.mark.slow
def test_two_processes_may_migrate_at_once(kind: str, new_url: Callable[[str], str], tmp_path: Path) -> None:
    url = new_url("raced")
    environ = os.environ | {
        "CARILLON_ENV": "test",
        "CARILLON_INSTANCE": str(tmp_path / "instance"),
        "DATABASE_URL": url,
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]

    def upgrade(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(2) as pool:
        for run in pool.map(upgrade, range(2)):  # both are waited for, whatever became of the first
            assert run.returncode == 0, run.stderr
    assert schema(url, kind)


def test_foreign_keys_are_on_again_afterwards(empty_app: Flask, kind: str) -> None:
    if kind == "sqlite":
        flask_migrate.upgrade(MIGRATIONS)
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_there_is_one_line_of_revisions() -> None:
    heads = ScriptDirectory(MIGRATIONS).get_heads()
    assert len(heads) == 1
