"""Secrets move from an old key to the newest, whatever interrupts them."""

from __future__ import annotations

import dataclasses

import pytest

from app.database import write_transaction
from app.desk import key_rotation
from app.models import AuditEvent, Route, User
from app.models.base import Base
from app.secrets import SecretUnreadable, Vault
from tests.factories.routes import make_route
from tests.factories.users import make_owner

OLD, NEW = "the-old-key", "the-new-key"
BEFORE, BOTH, AFTER = Vault((OLD,)), Vault((NEW, OLD)), Vault((NEW,))


@pytest.fixture
def locked(session):
    """Three second factors and a gateway's secrets, under the old key; one person has none."""
    people = [make_owner(session) for _ in range(3)]
    for number, person in enumerate(people):
        person.totp_secret = BEFORE.lock(f"factor {number}")
    make_owner(session)
    make_route(session).gateway_secrets = BEFORE.lock('{"password": "hush"}')
    session.commit()
    return [person.id for person in people]


def factors(session, ids):
    session.rollback()
    return [session.get_one(User, id, populate_existing=True).totp_secret for id in ids]


def test_all_secrets_open_with_the_new_key_alone(session, any_app, locked):
    done = key_rotation.rotate(session, BOTH)
    assert (done.rotated, done.newest, done.unreadable) == (4, 0, [])
    assert [AFTER.unlock(stored) for stored in factors(session, locked)] == [
        "factor 0",
        "factor 1",
        "factor 2",
    ]
    assert AFTER.unlock(session.query(Route).one().gateway_secrets) == '{"password": "hush"}'
    noted = session.query(AuditEvent).where(AuditEvent.action == "secrets.rotate").order_by(AuditEvent.id)
    assert [(event.subject, event.after["count"]) for event in noted] == [
        ("secrets:user", 3),
        ("secrets:route", 1),
    ]
    assert (key_rotation.rotate(session, BOTH).rotated, noted.count()) == (0, 2)


def test_an_interrupted_run_is_taken_up_where_it_ended(session, locked, monkeypatch):
    monkeypatch.setattr(key_rotation, "_BATCH", 2)
    rotated, calls = key_rotation._rotate_batch, []

    def once(*arguments):
        calls.append(arguments)
        if len(calls) > 1:
            raise KeyboardInterrupt
        rotated(*arguments)

    monkeypatch.setattr(key_rotation, "_rotate_batch", once)
    with pytest.raises(KeyboardInterrupt):
        key_rotation.rotate(session, BOTH)
    assert [AFTER.is_newest(stored) for stored in factors(session, locked)] == [True, True, False]
    monkeypatch.setattr(key_rotation, "_rotate_batch", rotated)
    done = key_rotation.rotate(session, BOTH)
    assert (done.rotated, done.newest) == (2, 2)


def test_what_is_set_anew_meanwhile_stays(session, locked, monkeypatch):
    batch = key_rotation._batch

    def overtaken(*arguments):
        found = batch(*arguments)
        with write_transaction(session):
            session.get_one(User, locked[0]).totp_secret = BOTH.lock("another factor")
        return found

    monkeypatch.setattr(key_rotation, "_batch", overtaken)
    key_rotation.rotate(session, BOTH)
    assert AFTER.unlock(factors(session, locked)[0]) == "another factor"


def test_the_command_names_what_no_key_opens_and_leaves_it(app, session, locked, monkeypatch):
    lost = Vault(("a-lost-key",)).lock("lost")
    session.get_one(User, locked[1]).totp_secret = lost
    session.commit()
    settings = dataclasses.replace(app.config["CARILLON"], encryption_keys=(NEW, OLD))
    monkeypatch.setitem(app.config, "CARILLON", settings)
    result = app.test_cli_runner().invoke(args=["secrets", "rotate"])
    assert result.exit_code == 1
    assert f"user:{locked[1]}: does not open" in result.output
    assert "3 encrypted anew, 0 had the newest key already, 1 unreadable" in result.output
    assert factors(session, locked)[1] == lost
    with pytest.raises(SecretUnreadable):
        BOTH.unlock(lost)


def test_every_column_that_holds_a_locked_secret_is_rotated():
    named = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if "secret" in column.name
    }
    assert named == {f"{model.__tablename__}.{column.key}" for model, column in key_rotation.SECRETS}
