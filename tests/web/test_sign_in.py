"""Signing in and out through the real form."""

from __future__ import annotations

import pytest

from app.blueprints.auth.next_page import next_page
from tests.factories.accounts import make_account
from tests.factories.users import PASSWORD, make_owner, make_staff

WRONG = "not the password"
TRY_AGAIN = "do not belong together"


def test_strangers_are_asked_to_sign_in(client):
    response = client.get("/")
    assert response.status_code == 302
    assert response.location.startswith("/sign-in")


def test_a_client_signs_in_and_sees_the_credit(client, session):
    user = make_owner(session, make_account(session, available=1_234_500))
    response = client.submit("/sign-in", {"email": user.email, "password": PASSWORD}, follow_redirects=True)
    assert response.request.path == "/"
    assert "1,234.5" in response.text


def test_staff_land_on_their_desk(client, session):
    user = make_staff(session)
    response = client.submit("/sign-in", {"email": user.email, "password": PASSWORD}, follow_redirects=True)
    assert response.request.path == "/staff/"


def test_the_address_may_be_written_in_capitals_and_with_spaces(client, session):
    user = make_owner(session)
    response = client.submit("/sign-in", {"email": f" {user.email.upper()} ", "password": PASSWORD})
    assert response.status_code == 302


def test_a_wrong_password_and_an_unknown_address_read_the_same(client, session):
    user = make_owner(session)
    wrong = client.submit("/sign-in", {"email": user.email, "password": WRONG})
    unknown = client.submit("/sign-in", {"email": "nobody@example.com", "password": WRONG})
    assert wrong.status_code == unknown.status_code == 422
    assert TRY_AGAIN in wrong.text
    assert TRY_AGAIN in unknown.text
    assert client.get("/").status_code == 302


def test_the_address_is_kept_when_the_form_fails_and_the_password_is_not(client):
    response = client.submit("/sign-in", {"email": "nobody@example.com", "password": WRONG})
    assert "nobody@example.com" in response.text
    assert WRONG not in response.text


def test_missing_fields_are_named_at_the_top_and_in_place(client):
    response = client.submit("/sign-in", {"email": "", "password": ""})
    assert response.text.count("Enter your password.") == 2
    assert 'aria-describedby="password-error"' in response.text
    assert 'aria-invalid="true"' in response.text


def test_signing_in_begins_a_session_of_its_own(client, session):
    user = make_owner(session)
    with client.session_transaction() as planted:
        planted["planted"] = "by a stranger"
    before = client.csrf_token("/sign-in")
    client.submit("/sign-in", {"email": user.email, "password": PASSWORD})
    with client.session_transaction() as kept:
        assert "planted" not in kept
    assert client.csrf_token("/") != before


def test_signing_in_leads_on_to_the_page_that_was_asked_for(client, session):
    user = make_owner(session)
    asked = client.get("/tasks?state=done").location
    response = client.submit(asked, {"email": user.email, "password": PASSWORD})
    assert response.location == "/tasks?state=done"


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example/",
        "/\t/elsewhere.example/",
        "/tasks\\..\\",
        "/tasks\r\nSet-Cookie: x=1",
        "javascript:alert(1)",
        "tasks",
        "/sign-out",
        "/sign-in?next=/sign-in",
    ],
)
def test_only_paths_of_this_site_are_followed(address):
    assert next_page(address, "/") == "/"


def test_raising_the_session_version_ends_the_session(client, session, sign_in):
    user = make_owner(session)
    sign_in(client, user)
    assert client.get("/").status_code == 200
    user.session_version += 1
    session.commit()
    assert client.get("/").status_code == 302


def test_signing_out_ends_the_session(client, session, sign_in):
    sign_in(client, make_owner(session))
    response = client.submit("/sign-out", page="/", follow_redirects=True)
    assert "You are signed out." in response.text
    assert client.get("/").status_code == 302


def test_a_link_cannot_sign_anybody_out(client, session, sign_in):
    sign_in(client, make_owner(session))
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 400
    assert client.get("/").status_code == 200


def test_the_eleventh_try_within_a_minute_from_one_address_waits(client):
    tries = [
        client.submit("/sign-in", {"email": f"guess{number}@example.com", "password": ""}).status_code
        for number in range(11)
    ]
    assert tries == [422] * 10 + [429]
    assert client.get("/sign-in").status_code == 200


def test_changing_ips_does_not_help_guessing_one_password(client, session):
    user = make_owner(session)
    tries = [
        client.submit(
            "/sign-in",
            {"email": user.email, "password": WRONG},
            environ_overrides={"REMOTE_ADDR": f"192.0.2.{number}"},
        ).status_code
        for number in range(21)
    ]
    assert tries == [422] * 20 + [429]
