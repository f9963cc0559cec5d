"""Suppression lists are typed, pasted, uploaded, searched, downloaded and cut, and people opt out themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from app.models import AuditEvent, OptOutPage, Role, Suppression, User
from tests.factories.accounts import make_account
from tests.factories.users import make_staff, make_user
from tests.lists.conftest import Keeper
from tests.panel_client import PanelClient

A, B = "+61412000001", "+61412000002"


def test_pasted_numbers_are_suppressed_once(any_app: Flask, keeper: Keeper) -> None:
    assert keeper.suppress(f"{A}\n61412000002; {A}", "asked by phone").status_code == 303
    assert keeper.suppressed() == {A, B}
    keeper.suppress(A, "again")
    row = keeper.rows(select(Suppression).where(Suppression.e164 == A))[0]
    assert row.note == "asked by phone"


def test_what_is_no_number_stays_in_the_field_and_the_rest_is_taken(keeper: Keeper) -> None:
    response = keeper.suppress(f"{A}, 0412000009")
    assert response.status_code == 422
    assert "country code is missing" in response.text
    assert "0412000009" in response.text
    assert keeper.suppressed() == {A}


def test_a_file_is_read_by_a_job(any_app: Flask, keeper: Keeper) -> None:
    keeper.suppress(A)
    upload = keeper.suppress_file(b"phone\n61412000001\n61412000002\n12\n")
    assert (upload.state, upload.added, upload.known, upload.rejected) == ("done", 1, 1, 1)
    assert keeper.suppressed() == {A, B}
    assert "1 added, 1 known before" in keeper.page("/suppression/")


def test_a_refused_file_says_why(keeper: Keeper) -> None:
    upload = keeper.suppress_file(b"\x00\x01\x02 noise")
    assert upload.state == "refused"
    assert upload.state_reason
    assert keeper.suppressed() == set()


def test_a_number_is_removed_on_the_record(keeper: Keeper) -> None:
    keeper.suppress(f"{A}, {B}")
    row = keeper.rows(select(Suppression).where(Suppression.e164 == A))[0]
    assert keeper.client.submit(f"/suppression/{row.id}/remove", page="/suppression/").status_code == 303
    assert keeper.suppressed() == {B}
    event = keeper.rows(select(AuditEvent).where(AuditEvent.action == "suppression.remove"))[0]
    assert (event.before or {})["number"] == A


def test_a_number_is_found_by_its_digits_and_all_are_downloaded(keeper: Keeper) -> None:
    keeper.suppress(f"{A}, {B}")
    page = keeper.page("/suppression/?number=2000001")
    assert A in page
    assert B not in page
    lines = keeper.client.get("/suppression/suppression.csv").text.splitlines()
    assert len(lines) == 3
    assert lines[1].startswith(f"'{A},")  # no formula for a spreadsheet


def test_a_list_is_the_accounts_own(
    app: Flask, keeper: Keeper, sign_in: Callable[[PanelClient, User], PanelClient]
) -> None:
    keeper.suppress(A)
    row_id = keeper.rows(select(Suppression.id))[0]
    stranger = app.test_client()
    assert isinstance(stranger, PanelClient)
    sign_in(stranger, make_user(keeper.session))
    assert A not in stranger.get("/suppression/").text
    assert stranger.submit(f"/suppression/{row_id}/remove", page="/suppression/").status_code == 404
    assert keeper.suppressed() == {A}


def test_staff_suppress_for_everybody_or_for_one_account(
    any_app: Flask, keeper: Keeper, sign_in: Callable[[PanelClient, User], PanelClient]
) -> None:
    other = make_account(keeper.session, name="Harbour Lane").id
    staff = any_app.test_client()
    assert isinstance(staff, PanelClient)
    sign_in(staff, make_staff(keeper.session, role=Role.SUPPORT))
    room = "/staff/suppression/"
    assert staff.submit(room, {"numbers": A, "note": "complaint"}).status_code == 303
    assert staff.submit(room, {"numbers": A}).status_code == 303  # a second time changes nothing
    assert staff.submit(room, {"numbers": B, "account": "harbour lane"}).status_code == 303
    assert staff.submit(room, {"numbers": B, "account": "Nobody"}).status_code == 422
    assert (keeper.suppressed(None), keeper.suppressed(other), keeper.suppressed()) == ({A}, {B}, set())
    assert keeper.client.get(room).status_code == 403


@pytest.fixture
def public(app: Flask, keeper: Keeper) -> PanelClient:
    """Somebody who gets messages, in front of the account's opt-out page."""
    keeper.client.submit("/suppression/opt-out-page", page="/suppression/")
    visitor = app.test_client()
    assert isinstance(visitor, PanelClient)
    return visitor


def test_people_opt_out_themselves_and_looking_changes_nothing(
    any_app: Flask, keeper: Keeper, public: PanelClient
) -> None:
    address = f"/opt-out/{keeper.rows(select(OptOutPage.public_id))[0]}"
    page = public.get(address).text
    assert keeper.suppressed() == set()
    assert "Agency" not in page
    first = public.submit(address, {"number": "+61 412 000 001"})
    second = public.submit(address, {"number": A})
    assert first.status_code == second.status_code == 200
    assert "No more messages" in first.text
    assert keeper.suppressed() == {A}
    source = keeper.rows(select(Suppression.source))[0]
    assert source == "opt_out"
    assert public.submit(address, {"number": "0412"}).status_code == 422


def test_who_opts_out_is_known_to_have_asked_though_the_number_was_on_the_list(
    any_app: Flask, keeper: Keeper, public: PanelClient
) -> None:
    keeper.suppress(A, "a wrong number")
    address = f"/opt-out/{keeper.rows(select(OptOutPage.public_id))[0]}"
    assert public.submit(address, {"number": A}).status_code == 200
    keeper.suppress(A, "again")
    row = keeper.rows(select(Suppression))[0]
    assert (row.source, row.note) == ("opt_out", "a wrong number")
    assert "Opted out" in keeper.page("/suppression/")


def test_one_subscriber_is_limited_whichever_address_of_their_network_they_take(
    keeper: Keeper, public: PanelClient
) -> None:
    address = f"/opt-out/{keeper.rows(select(OptOutPage.public_id))[0]}"
    values = {"csrf_token": public.csrf_token(address), "number": "0412"}

    def ask(ip: str) -> int:
        return public.post(address, data=values, environ_overrides={"REMOTE_ADDR": ip}).status_code

    assert [ask(f"2001:db8:1:2::{number}") for number in range(11)] == [422] * 10 + [429]
    assert ask("2001:db8:1:3::1") == 422


def test_a_mistyped_opt_out_address_tells_nothing(public: PanelClient) -> None:
    assert public.get("/opt-out/nobody").status_code == 404
