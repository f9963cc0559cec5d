"""Signing in and out through the real form."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from pyotp import TOTP

from app import demo
from app.accounts.abuse import LIMITS, Act, Limit
from app.accounts.terms_text import SHIPPED_VERSION
from app.blueprints.auth.next_page import next_page
from app.clock import now
from app.database import write_transaction
from app.models import DeviceSession, SignInAttempt, TermsAcceptance
from tests.factories.accounts import make_account
from tests.factories.users import PASSWORD, TOTP_SECRET, make_owner, make_staff

WRONG = "not the password"
TRY_AGAIN = "do not belong together"
TERMS = {"accept_terms": "y"}


def test_strangers_are_asked_to_sign_in(client):
    response = client.get("/tasks")
    assert response.status_code == 302
    assert response.location.startswith("/sign-in")


def test_a_client_signs_in_and_sees_the_credit(client, session):
    user = make_owner(session, make_account(session, available=1_234_500))
    response = client.submit(
        "/sign-in", {"email": user.email, "password": PASSWORD, **TERMS}, follow_redirects=True
    )
    assert response.request.path == "/"
    assert "1,234.5" in response.text


def test_staff_give_a_code_too_and_land_on_their_desk(client, session):
    user = make_staff(session)
    response = client.submit("/sign-in", {"email": user.email, "password": PASSWORD, **TERMS})
    assert response.location == "/sign-in/code"
    assert client.get("/staff/").status_code == 302
    response = client.submit("/sign-in/code", {"code": TOTP(TOTP_SECRET).now()}, follow_redirects=True)
    assert response.request.path == "/staff/"


def test_the_address_may_be_written_in_capitals_and_with_spaces(client, session):
    user = make_owner(session)
    response = client.submit("/sign-in", {"email": f" {user.email.upper()} ", "password": PASSWORD, **TERMS})
    assert response.status_code == 302


def test_a_wrong_password_and_an_unknown_address_read_the_same(client, session):
    user = make_owner(session)
    wrong = client.submit("/sign-in", {"email": user.email, "password": WRONG, **TERMS})
    unknown = client.submit("/sign-in", {"email": "nobody@example.com", "password": WRONG, **TERMS})
    assert wrong.status_code == unknown.status_code == 422
    assert TRY_AGAIN in wrong.text
    assert TRY_AGAIN in unknown.text
    assert client.get("/tasks").status_code == 302


def test_the_address_is_kept_when_the_form_fails_and_the_password_is_not(client):
    response = client.submit("/sign-in", {"email": "nobody@example.com", "password": WRONG, **TERMS})
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
    client.submit("/sign-in", {"email": user.email, "password": PASSWORD, **TERMS})
    with client.session_transaction() as kept:
        assert "planted" not in kept
    assert client.csrf_token("/") != before


def test_signing_in_leads_on_to_the_page_that_was_asked_for(client, session):
    user = make_owner(session)
    asked = client.get("/tasks?state=done").location
    response = client.submit(asked, {"email": user.email, "password": PASSWORD, **TERMS})
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
    assert client.get("/tasks").status_code == 302


def test_signing_out_ends_the_session(client, session, sign_in):
    sign_in(client, make_owner(session))
    response = client.submit("/sign-out", page="/", follow_redirects=True)
    assert "You are signed out." in response.text
    assert client.get("/tasks").status_code == 302


def test_a_link_cannot_sign_anybody_out(client, session, sign_in):
    sign_in(client, make_owner(session))
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 400
    assert client.get("/").status_code == 200


def test_changing_ips_does_not_help_guessing_one_password(client, session):
    user = make_owner(session)
    allowed = LIMITS[Act.SIGN_IN].person.times
    tries = [
        client.submit(
            "/sign-in",
            {"email": user.email, "password": WRONG, **TERMS},
            environ_overrides={"REMOTE_ADDR": f"192.0.2.{number}"},
        )
        for number in range(allowed + 1)
    ]
    assert [answer.status_code for answer in tries] == [422] * allowed + [429]
    assert "Wait 15 minutes, then try again." in tries[-1].text
    assert int(tries[-1].headers["Retry-After"]) > 800


def test_guessing_elsewhere_does_not_lock_out_the_browser_that_its_owner_uses(app, client, session, sign_in):
    user = make_owner(session)
    sign_in(client, user)
    client.submit("/sign-out", page="/")
    email, stranger = user.email, app.test_client()
    session.rollback()
    for _ in range(LIMITS[Act.SIGN_IN].person.times + 1):
        locked = stranger.submit("/sign-in", {"email": email, "password": WRONG, **TERMS})
    assert locked.status_code == 429
    assert client.submit("/sign-in", {"email": email, "password": PASSWORD, **TERMS}).location == "/"
    client.submit("/sign-out", page="/")
    tries = [
        client.submit("/sign-in", {"email": email, "password": WRONG, **TERMS}).status_code
        for _ in range(LIMITS[Act.SIGN_IN].person.times + 1)
    ]
    assert tries[-1] == 429


def test_very_many_addresses_together_keep_no_known_browser_out(app, client, session, monkeypatch):
    users = [make_owner(session) for _ in range(2)]
    right = [{"email": user.email, "password": PASSWORD, **TERMS} for user in users]
    client.submit("/sign-in", right[0], follow_redirects=True)
    client.submit("/sign-out", page="/")
    few = replace(LIMITS[Act.SIGN_IN], overall=Limit(3, 3600))
    monkeypatch.setitem(LIMITS, Act.SIGN_IN, few)
    for number in range(5):
        crowd = app.test_client()
        wrong = {"email": f"a{number}@example.com", "password": WRONG, **TERMS}
        crowd.submit("/sign-in", wrong, environ_overrides={"REMOTE_ADDR": f"2001:db8:0:{number}::1"})
    assert app.test_client().submit("/sign-in", right[1]).status_code == 429
    assert client.submit("/sign-in", right[1]).status_code == 429
    assert client.submit("/sign-in", right[0]).location == "/"


def test_a_forged_mark_of_a_known_browser_is_worth_nothing(client, session):
    user = make_owner(session)
    email, tries = user.email, []
    for number in range(LIMITS[Act.SIGN_IN].person.times + 1):
        client.set_cookie("carillon-known", f"eyJhIjoiYiJ9.forged{number}")
        tries.append(client.submit("/sign-in", {"email": email, "password": WRONG, **TERMS}).status_code)
    assert tries[-1] == 429


def test_one_address_cannot_try_many_people(client):
    allowed = LIMITS[Act.SIGN_IN].ip.times
    tries = [
        client.submit(
            "/sign-in", {"email": f"guess{number}@example.com", "password": WRONG, **TERMS}
        ).status_code
        for number in range(allowed + 1)
    ]
    assert tries == [422] * allowed + [429]
    assert client.get("/sign-in").status_code == 200


def test_the_terms_must_be_accepted_and_their_acceptance_is_kept(client, session):
    user = make_owner(session)
    refused = client.submit("/sign-in", {"email": user.email, "password": PASSWORD})
    assert refused.status_code == 422
    assert "Accept the terms and conditions to sign in." in refused.text
    client.submit("/sign-in", {"email": user.email, "password": PASSWORD, **TERMS})
    session.rollback()
    accepted = session.query(TermsAcceptance).one()
    assert (accepted.user_id, accepted.version) == (user.id, SHIPPED_VERSION)
    assert (accepted.occasion, accepted.ip) == ("sign_in", "127.0.0.1")


def test_terms_that_have_changed_since_the_page_was_opened_are_asked_for_again(client, session):
    user = make_owner(session)
    data = {"email": user.email, "password": PASSWORD, "terms_version": "older", **TERMS}
    assert "The terms have changed" in client.submit("/sign-in", data).text
    assert session.query(TermsAcceptance).count() == 0


def test_the_terms_are_on_the_page_for_its_dialog(client):
    page = client.get("/sign-in").text
    assert "<dialog" in page
    assert "Promotional content only" in page


def test_only_who_knows_the_password_learns_that_the_account_is_suspended(client, session):
    account = make_account(session, state="suspended", state_reason="Complaints from carriers")
    user = make_owner(session, account)
    right = client.submit("/sign-in", {"email": user.email, "password": PASSWORD, **TERMS})
    assert "Complaints from carriers" in right.text
    wrong = client.submit("/sign-in", {"email": user.email, "password": WRONG, **TERMS})
    assert "Complaints" not in wrong.text
    assert TRY_AGAIN in wrong.text


def test_a_suspension_acts_at_once_on_who_is_signed_in(client, session, sign_in):
    user = make_owner(session)
    sign_in(client, user)
    user.account.state = "suspended"
    session.commit()
    assert client.get("/tasks").status_code == 302


def test_a_removed_person_is_out_at_once(client, session, sign_in):
    user = make_owner(session)
    sign_in(client, user)
    user.disabled_at = now()
    session.commit()
    assert client.get("/tasks").status_code == 302
    again = client.submit("/sign-in", {"email": user.email, "password": PASSWORD, **TERMS})
    assert again.status_code == 422


def test_a_copied_cookie_is_worth_nothing_after_signing_out(client, session, sign_in):
    sign_in(client, make_owner(session))
    copied = client.get_cookie("carillon").value
    client.submit("/sign-out", page="/")
    client.set_cookie("carillon", copied)
    assert client.get("/tasks").status_code == 302


def test_an_idle_session_ends_and_so_does_an_old_one(app, client, session, sign_in):
    settings = app.config["CARILLON"]
    for column, age in (("seen_at", settings.session_idle), ("created_at", settings.session_lifetime)):
        sign_in(client, make_owner(session))
        assert client.get("/").status_code == 200
        device = session.query(DeviceSession).order_by(DeviceSession.id.desc()).first()
        setattr(device, column, now() - age - timedelta(seconds=1))
        session.commit()
        assert client.get("/tasks").status_code == 302


@pytest.mark.parametrize(("mode", "noted"), [("navigate", True), ("cors", False)])
def test_a_page_that_refreshes_itself_is_not_somebody_at_work(client, session, sign_in, mode, noted):
    sign_in(client, make_owner(session))
    device = session.query(DeviceSession).one()
    device.seen_at = long_ago = now() - timedelta(minutes=30)
    session.commit()
    assert client.get("/", headers={"Sec-Fetch-Mode": mode}).status_code == 200
    session.rollback()
    assert (session.query(DeviceSession).one().seen_at > long_ago) is noted


def test_a_forwarded_address_is_believed_only_from_proxies_that_are_named(app_on, session):
    lie = {"X-Forwarded-For": "203.0.113.9"}
    for proxies, seen in ((0, "127.0.0.1"), (1, "203.0.113.9")):
        client = app_on(trusted_proxies=proxies).test_client()
        data = {"email": "nobody@example.com", "password": WRONG, **TERMS}
        client.submit("/sign-in", data, headers=lie)
        session.rollback()
        assert session.query(SignInAttempt).order_by(SignInAttempt.id.desc()).first().ip == seen


def test_cookies_are_kept_from_scripts_other_sites_and_plain_http(make_app, settings_for):
    app = make_app(settings_for(environment="production"))
    answer = app.test_client().get("/sign-in", base_url="https://localhost")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-carillon=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert app.test_client().get("/dev/outbox").status_code == 404


def test_what_everybody_knows_of_the_demo_opens_nothing_in_production(
    make_app, settings_for, client, session
):
    with write_transaction(session):
        demo.seed(session, PasswordHasher(1, 8, 1), str)
    for environment, status in (("test", 303), ("production", 422)):
        browser = make_app(settings_for(environment=environment)).test_client()
        secure = {"base_url": "https://localhost", "headers": {"Referer": "https://localhost/sign-in"}}
        page = browser.get("/sign-in", **secure).text
        token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
        person = demo.SIGN_INS[1]
        given = {"csrf_token": token, "email": person.email, "password": person.password, **TERMS}
        answer = browser.post("/sign-in", data=given, **secure)
        assert answer.status_code == status
        assert (TRY_AGAIN in answer.text) is (environment == "production")
