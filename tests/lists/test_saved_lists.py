"""Lists are read by a job, hold each number once, merge, and belong to one account."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from app.models import AuditEvent, ListEntry, ListState, RecipientList, User
from jobs.lists import read_list
from tests.factories.users import make_user
from tests.lists.conftest import Keeper
from tests.panel_client import PanelClient

A, B, C = "+61412000001", "+61412000002", "+61412000003"


def test_an_uploaded_list_is_read_by_a_job_and_tells_what_it_left_out(any_app: Flask, keeper: Keeper) -> None:
    stored = b"mobile,first name\n61412000001,Ann\n0412000009,Bo\n+61 412 000 002,Cy\n61412000001,Ann\n"
    response = keeper.upload(stored)
    assert response.status_code == 303
    assert "Reading list.csv" in keeper.page(response.location)
    read_list(keeper.list().id)
    saved = keeper.list()
    assert (saved.state, saved.size, saved.rejected, saved.field_names) == ("ready", 2, 2, ["first name"])
    page = keeper.page(response.location)
    assert A in page
    assert "{first name}" in page
    rejected = keeper.client.get(f"/lists/{saved.public_id}/rejected.csv").text
    assert "country code is missing" in rejected
    assert "duplicate" in rejected


def test_reading_twice_changes_nothing(keeper: Keeper) -> None:
    saved = keeper.kept([A, B])
    read_list(saved.id)
    assert keeper.list().size == 2
    assert len(keeper.rows(select(ListEntry))) == 2


def test_a_file_that_is_no_list_is_refused_with_words(keeper: Keeper) -> None:
    keeper.upload(b"PK\x03\x04 broken", "list.xlsx")
    read_list(keeper.list().id)
    saved = keeper.list()
    assert saved.state == ListState.REFUSED
    assert saved.state_reason
    assert "This list was not taken" in keeper.page(f"/lists/{saved.public_id}")
    assert "Not taken" in keeper.page("/lists/")


def test_merged_lists_have_each_number_once_and_the_first_lists_row(any_app: Flask, keeper: Keeper) -> None:
    first = keeper.kept([B, A], "First", fields="name")
    second = keeper.kept([A, C], "Second", fields="City")
    values = {"lists": [first.public_id, second.public_id], "name": "Both"}
    assert keeper.client.submit("/lists/merge", values, page="/lists/").status_code == 303
    merged = keeper.list("Both")
    entries = keeper.session.scalars(
        select(ListEntry).where(ListEntry.list_id == merged.id).order_by(ListEntry.position)
    ).all()
    assert [(each.position, each.e164) for each in entries] == [(1, B), (2, A), (3, C)]
    assert entries[1].fields == {"name": "name of 001"}
    assert set(merged.field_names) == {"name", "City"}
    assert merged.size == 3


def test_a_merge_that_no_task_could_take_is_refused_whole(
    app_on: Callable[..., Flask], keeper: Keeper, monkeypatch: object
) -> None:
    first, second = keeper.kept([A, B], "First"), keeper.kept([C], "Second")
    import dataclasses

    app = keeper.client.application
    settings = app.config["CARILLON"]
    app.config["CARILLON"] = dataclasses.replace(
        settings, limits=dataclasses.replace(settings.limits, bulk_recipients=2)
    )
    values = {"lists": [first.public_id, second.public_id], "name": "Both"}
    response = keeper.client.submit("/lists/merge", values, page="/lists/")
    assert response.status_code == 422
    assert "3 different numbers" in response.text
    assert len(keeper.rows(select(RecipientList))) == 2


def test_a_name_is_taken_once_whatever_its_case(keeper: Keeper) -> None:
    keeper.kept([A])
    response = keeper.upload(b"phone\n61412000001\n", name="regulars")
    assert response.status_code == 422
    assert "already" in response.text


def test_a_list_is_renamed_and_deleted_on_the_record(keeper: Keeper) -> None:
    saved = keeper.kept([A])
    address = f"/lists/{saved.public_id}"
    keeper.client.submit(address, {"name": "Friends"})
    assert keeper.list("Friends").size == 1
    assert keeper.client.submit(f"{address}/delete", page=address).status_code == 303
    assert keeper.client.get(address).status_code == 404
    assert keeper.rows(select(ListEntry)) == []
    assert "recipient_list.delete" in keeper.rows(select(AuditEvent.action))


def test_a_download_can_be_uploaded_again(keeper: Keeper) -> None:
    saved = keeper.kept([A, B], fields="name")
    stored = keeper.client.get(f"/lists/{saved.public_id}/numbers.csv").data
    keeper.upload(stored, name="Again")
    read_list(keeper.list("Again").id)
    again = keeper.list("Again")
    assert (again.size, again.rejected, again.field_names) == (2, 0, ["name"])


def test_another_account_finds_no_list(
    app: Flask, keeper: Keeper, sign_in: Callable[[PanelClient, User], PanelClient]
) -> None:
    saved = keeper.kept([A])
    stranger = app.test_client()
    assert isinstance(stranger, PanelClient)
    sign_in(stranger, make_user(keeper.session))
    token = {"csrf_token": stranger.csrf_token("/lists/")}
    for address in ("", "/numbers.csv", "/rejected.csv", "/progress"):
        assert stranger.get(f"/lists/{saved.public_id}{address}").status_code == 404
    assert stranger.post(f"/lists/{saved.public_id}/delete", data=token).status_code == 404
    assert stranger.post(f"/lists/{saved.public_id}", data={**token, "name": "Mine"}).status_code == 404
    assert keeper.list().name == "Regulars"


def test_files_are_removed_once_they_are_read_or_refused(app: Flask, keeper: Keeper) -> None:
    keeper.kept([A, B])
    keeper.suppress_file(b"phone\n+61412000003\n")
    keeper.upload(b"PK\x03\x04 broken", "list.xlsx", name="Broken")
    read_list(keeper.list("Broken").id)
    folder = Path(app.config["CARILLON"].uploads_url.removeprefix("file://"))
    assert [path for path in folder.rglob("*") if path.is_file()] == []
