"""A look into a file or a list while the text is written."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from app import stored_files
from app.models import ListEntry, RecipientList
from app.recipients.errors import FileRefused
from app.sending.drafting.glance import glance_at_file, glance_at_list, readings
from app.stored_files import StoredUpload, store_upload
from config import Settings
from tests.sending.engine import House

FILE = "phone,first name,city\n+61412000001,Ada,Rome\n\n+61412000002,شهرزاد,Kuala Lumpur\n+61412000003,Jo,\n,Nobody,X\n"


def stored(app: Flask, text: str, name: str = "list.csv") -> tuple[Settings, StoredUpload]:
    settings: Settings = app.config["CARILLON"]
    return settings, store_upload(settings.uploads_url, io.BytesIO(text.encode()), name, 10_000)


def test_rows_are_read_once_and_kept_beside_the_file(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, upload = stored(app, FILE)
    glance = glance_at_file(settings, upload)
    assert glance is not None
    assert glance.field_names == ("first name", "city")
    assert [(row.number, row.written) for row in glance.rows] == [
        (2, "+61412000001"),
        (4, "+61412000002"),
        (5, "+61412000003"),
    ]
    monkeypatch.setattr("app.sending.drafting.glance.read_confined", None)
    assert glance_at_file(settings, upload) == glance
    stored_files.remove_file(settings.uploads_url, upload.key)
    monkeypatch.undo()
    assert glance_at_file(settings, upload) is None


def test_the_shortest_and_the_longest_text_are_told_by_the_fields_that_are_used(app: Flask) -> None:
    glance = glance_at_file(*stored(app, FILE))
    assert glance is not None
    found = readings(glance, "{City}: {first name}, {card}")
    assert {key: reading.row.number for key, reading in found.items()} == {
        "first": 2, "second": 4, "third": 5, "shortest": 5, "longest": 4,
    }  # fmt: skip
    assert found["longest"].text == "Kuala Lumpur: شهرزاد, {card}"
    assert set(readings(glance, "The same for all.")) == {"first", "second", "third"}


def test_what_cannot_be_read_says_why(app: Flask) -> None:
    with pytest.raises(FileRefused):
        glance_at_file(*stored(app, "\x00\x01", "list.xlsx"))


def test_a_list_is_looked_at_too(house: House) -> None:
    made = RecipientList(
        account_id=house.account_id, user_id=house.owner.id, name="R", origin="a test", size=1, field_names=["Name"]
    )  # fmt: skip
    house.session.add(made)
    house.session.flush()
    house.session.add(
        ListEntry(list_id=made.id, position=1, e164="+61412000001", region="AU", fields={"name": "Ada"})
    )
    house.session.commit()
    glance = glance_at_list(house.session, made.id)
    assert glance is not None
    assert readings(glance, "For {name}.")["first"].text == "For Ada."
    assert glance_at_list(house.session, made.id + 1) is None
