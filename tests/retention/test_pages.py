"""Erased messages say so on every page, and nobody finds them by their number; the file keeps no trace of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from app.models import Message
from jobs import clearing
from tests.factories.messages import DELIVERED, REFUSED
from tests.factories.users import make_staff
from tests.retention.test_erasing import TEXT, ended, erase, owner, route  # noqa: F401

NUMBER = "+61400000000"


@pytest.fixture
def erased(session, owner, route):  # noqa: F811
    """The public id of an erased task, whose first message went to NUMBER."""
    task_id = ended(session, owner, route, [DELIVERED, REFUSED])
    erase(session)
    return session.scalar(select(Message).where(Message.task_id == task_id)).task.public_id, task_id


def test_the_pages_tell_what_was_erased_and_what_is_kept(session, owner, erased, client, sign_in):  # noqa: F811
    public_id, _ = erased
    sign_in(client, owner)
    for address in ("/messages", f"/messages/{public_id}/2", f"/tasks/{public_id}"):
        page = client.get(address).text
        assert not [piece for piece in (NUMBER, TEXT, "~2") if piece in page], address
        assert "rased" in page, address
    assert "Kept:" in client.get(f"/messages/{public_id}/2").text


def test_staff_read_the_same(session, erased, client, sign_in):
    public_id, _ = erased
    sign_in(client, make_staff(session))
    for address in (f"/staff/tasks/{public_id}", f"/staff/tasks/{public_id}/messages/2"):
        page = client.get(address).text
        assert not [piece for piece in (NUMBER, TEXT, "~2") if piece in page], address
        assert "rased" in page, address


def test_nobody_finds_them_by_the_number(session, owner, erased, client, sign_in):  # noqa: F811
    public_id, _ = erased
    sign_in(client, owner)
    assert public_id not in client.get("/messages?number=%2B61400000000").text
    assert public_id not in client.get("/messages?number=2").text


@pytest.mark.only_on("sqlite")  # PostgreSQL overwrites by its own rules: docs/operating.md says which
def test_nothing_in_the_sqlite_files_says_the_number(app, session, owner, route):  # noqa: F811
    ended(session, owner, route, [DELIVERED] * 300)
    path = Path(app.config["CARILLON"].database_url.removeprefix("sqlite:///"))
    assert any(NUMBER.encode() in file.read_bytes() for file in _files(path))
    erase(session)
    clearing.clear()  # what is left where a page was divided
    for file in _files(path):
        assert NUMBER.encode() not in file.read_bytes(), file.name
        assert b"+614000" not in file.read_bytes(), file.name
        assert TEXT.encode() not in file.read_bytes(), file.name


def _files(path):
    return [
        path,
        *(file for name in ("-wal", "-journal") if (file := path.with_name(path.name + name)).exists()),
    ]
