"""Registering, confirming address and phone, and on to the first sign-in."""

from __future__ import annotations

import re

import pytest

from app.accounts.abuse import LIMITS, Act
from app.models import Account, AuditEvent, Letter, OneTimeCode, SignInAttempt, SignInOutcome, User
from tests.factories.users import make_owner, make_staff
from tests.letters import code_in, link_in, newest_letter

PASSWORD = "lantern orbit velvet pickle"
EMAIL = "ana@example.com"
PERSON = {
    "name": "Ana Soler",
    "company": "Harbour Lane",
    "email": " Ana@Example.com ",
    "phone": "+61 412 345 678",
    "password": PASSWORD,
}
SIGN_IN = {"email": EMAIL, "password": PASSWORD, "accept_terms": "y"}


def register(client, **changes):
    return client.submit("/register", {**PERSON, **changes})


def ana(session) -> User:
    session.rollback()
    return session.query(User).filter_by(email=EMAIL).one()


def confirm_address(client, session) -> None:
    link = link_in(newest_letter(session, EMAIL), "/register/confirm/")
    assert client.submit(link, {"password": PASSWORD}).location == "/sign-in/confirm-phone"


def test_from_the_form_to_the_first_page(any_app, client, session):
    assert register(client).location == "/register/sent"
    user = ana(session)
    assert (user.role, user.phone, user.account.name) == ("owner", "+61412345678", "Harbour Lane")
    assert user.account.available == 0
    confirm_address(client, session)
    code = code_in(newest_letter(session, "+61412345678"))
    answer = client.submit("/sign-in/confirm-phone", {"code": code}, follow_redirects=True)
    assert answer.request.path == "/sign-in"
    assert "Everything is confirmed." in answer.text
    assert client.submit("/sign-in", SIGN_IN).location == "/"
    assert client.get("/").status_code == 200
    session.rollback()
    actions = [event.action for event in session.query(AuditEvent).order_by(AuditEvent.id)]
    assert actions == ["user.register", "user.confirm_email", "user.confirm_phone"]


def test_an_address_that_is_registered_gets_the_same_page_and_its_owner_a_letter(client, session):
    user = make_owner(session, email=EMAIL)
    before = user.password_hash
    session.rollback()
    assert register(client).location == "/register/sent"
    assert ana(session).password_hash == before
    assert session.query(Account).count() == 1
    assert "has a sign-in already" in newest_letter(session, EMAIL).body


def test_registering_twice_before_confirming_changes_nothing_and_writes_the_link_again(client, session):
    register(client)
    register(client, company="Another", password="moss thunder bicycle analogue")
    assert ana(session).account.name == "Harbour Lane"
    assert session.query(Account).count() == 1
    confirm_address(client, session)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("phone", "0412 345 678", "country code"),
        ("phone", "+61 2 9876 5432", "landline"),
        ("email", "ana@nowhere", "whole e-mail address"),
        ("email", "ana@example.com\r\nBcc: x@example.com", "whole e-mail address"),
        ("password", "password1234", "too easy to guess"),
        ("password", "ana soler harbour lane", "Leave out your name"),
        ("password", "short", "at least 12"),
        ("name", "", "Enter your name."),
    ],
)
def test_what_cannot_be_taken_is_named_in_its_place(client, session, field, value, words):
    answer = register(client, **{field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert session.query(User).count() == 0
    assert PASSWORD not in answer.text


def test_nobody_registers_with_another_role_or_with_credit(client, session):
    register(
        client, role="admin", account_id="7", available="1000000", email_confirmed_at="2026-01-01", state="x"
    )
    user = ana(session)
    assert (user.role, user.account.available, user.email_confirmed_at) == ("owner", 0, None)


def test_the_unconfirmed_cannot_sign_in_past_the_pages_that_confirm(client, session):
    register(client)
    assert client.submit("/sign-in", SIGN_IN).location == "/sign-in/confirm-email"
    session.rollback()
    assert session.query(SignInAttempt).one().outcome == SignInOutcome.UNCONFIRMED
    for page in ("/tasks", "/account/security"):
        assert client.get(page).status_code == 302
    assert client.get("/sign-in/code").location == "/sign-in/confirm-email"
    written = session.query(Letter).count()
    client.submit("/sign-in/confirm-email")
    session.rollback()
    assert session.query(Letter).count() == written + 1
    link = link_in(newest_letter(session, EMAIL), "/register/confirm/")
    assert 'type="password"' not in client.get(link).text  # given a moment ago, in this browser
    assert client.submit(link).location == "/sign-in/confirm-phone"
    assert client.get("/tasks").status_code == 302
    client.submit("/sign-in/confirm-phone/send", page="/sign-in/confirm-phone")
    code = code_in(newest_letter(session, "+61412345678"))
    assert client.submit("/sign-in/confirm-phone", {"code": code}).location == "/"


def test_opening_the_link_confirms_nothing_until_the_button_is_pressed(client, session):
    register(client)
    link = link_in(newest_letter(session, EMAIL), "/register/confirm/")
    page = client.get(link)
    assert "Harbour Lane" in page.text
    assert ana(session).email_confirmed_at is None


def test_the_mailbox_alone_confirms_no_strangers_password(client, session):
    register(client, password="a stranger chose these words")
    link = link_in(newest_letter(session, EMAIL), "/register/confirm/")
    for given in ({}, {"password": ""}, {"password": PASSWORD}):
        assert client.submit(link, given).status_code == 422
    assert ana(session).email_confirmed_at is None
    assert "start over below" in client.submit(link, {"password": PASSWORD}).text


def test_passwords_are_not_guessed_by_the_link(client, session):
    register(client)
    link = link_in(newest_letter(session, EMAIL), "/register/confirm/")
    for _ in range(LIMITS[Act.PASSWORD].person.times):
        assert client.submit(link, {"password": "wrong"}).status_code == 422
    answer = client.submit(link, {"password": PASSWORD})
    assert (answer.status_code, "Too many tries" in answer.text) == (429, True)
    assert ana(session).email_confirmed_at is None


def test_starting_over_replaces_all_that_a_stranger_chose(any_app, client, session):
    theirs = "a stranger chose these words"
    register(client, name="Sly", company="Elsewhere", phone="+61498765432", password=theirs)
    stranger = type(client)(any_app)
    stranger.submit("/sign-in", {**SIGN_IN, "password": theirs})  # half-way in, and waiting
    link = link_in(newest_letter(session, EMAIL), "/register/confirm/") + "/anew"
    mine = {key: PERSON[key] for key in ("name", "company", "phone")}
    assert client.submit(link, {**mine, "password": "short"}).status_code == 422
    assert ana(session).email_confirmed_at is None
    answer = client.submit(link, {**mine, "password": PASSWORD, "email": "else@example.com"})
    assert answer.location == "/sign-in/confirm-phone"
    user = ana(session)
    assert (user.name, user.account.name, user.phone) == ("Ana Soler", "Harbour Lane", "+61412345678")
    code = code_in(newest_letter(session, "+61412345678"))
    client.submit("/sign-in/confirm-phone", {"code": code})
    assert stranger.get("/sign-in/confirm-email").location == "/sign-in"
    assert stranger.submit("/sign-in", {**SIGN_IN, "password": theirs}).status_code == 422
    assert client.submit("/sign-in", SIGN_IN).location == "/"
    assert session.query(Account).count() == 1


def test_a_link_works_once_and_only_for_its_purpose(client, session):
    register(client)
    link = link_in(newest_letter(session, EMAIL), "/register/confirm/")
    token = link.removeprefix("/register/confirm/")
    assert client.get(f"/reset/{token}").status_code == 410
    client.submit(link, {"password": PASSWORD})
    assert client.get(link).status_code == 410
    assert client.get(f"{link}/anew").status_code == 410
    assert client.get("/register/confirm/nonsense").status_code == 410
    assert client.get(f"/register/confirm/{token[:-2]}xx").status_code == 410


def test_a_link_alone_lets_nobody_in(client, session):
    register(client)
    confirm_address(client, session)
    for page in ("/sign-in/code", "/sign-in/new-password", "/sign-in/second-factor", "/sign-in/go-on"):
        assert client.get(page).location == "/sign-in"


def test_a_code_has_five_tries_and_works_once(client, session):
    register(client)
    confirm_address(client, session)
    code = code_in(newest_letter(session, "+61412345678"))
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert (
            client.submit(
                "/sign-in/confirm-phone", {"code": wrong}, page="/sign-in/confirm-phone"
            ).status_code
            == 422
        )
    assert client.post("/sign-in/confirm-phone", data={"code": code}).status_code == 400
    assert client.submit("/sign-in/confirm-phone", {"code": code}).status_code == 422
    assert ana(session).phone_confirmed_at is None
    assert session.query(OneTimeCode).one().code_hash != code


def test_codes_cannot_be_sent_without_end(client, session):
    register(client)
    confirm_address(client, session)
    for _ in range(LIMITS[Act.SEND].person.times + 3):
        session.rollback()
        session.query(OneTimeCode).update(
            {"created_at": session.query(User).one().created_at.replace(year=2020)}
        )
        session.commit()
        client.submit("/sign-in/confirm-phone/send", page="/sign-in/confirm-phone")
    session.rollback()
    sent = session.query(Letter).filter_by(channel="sms").count()
    assert sent <= LIMITS[Act.SEND].person.times


def test_a_mistyped_phone_is_corrected_by_who_knows_the_password_only(client, session):
    register(client)
    confirm_address(client, session)
    page = "/sign-in/confirm-phone"
    assert client.submit(f"{page}/correct", {"phone": "+61498765432"}, page=page).location == "/sign-in"
    assert ana(session).phone == "+61412345678"
    client.submit("/sign-in", SIGN_IN)
    client.submit(f"{page}/correct", {"phone": "+61498765432"}, page=page)
    code = code_in(newest_letter(session, "+61498765432"))
    assert client.submit(page, {"code": code}).location == "/"


def test_registrations_are_limited(client):
    allowed = LIMITS[Act.REGISTER].person.times
    answers = [register(client).status_code for _ in range(allowed + 1)]
    assert answers == [303] * allowed + [429]


def test_the_outbox_shows_what_was_written_and_links_it(client, session):
    make_staff(session)
    register(client)
    page = client.get("/dev/outbox").text
    assert "Confirm your e-mail address" in page
    assert re.search(r'<a href="http://[^"]+/register/confirm/', page)


def test_the_meter_gives_the_forms_own_verdict(client):
    def verdict(**data):
        answer = client.submit("/password-strength", data, page="/register")
        assert answer.status_code == 200
        return answer.json

    assert verdict(password=PASSWORD) == {"score": 4, "enough": True, "words": "Very strong", "says": []}
    weak = verdict(password="soler lantern orbit velvet", name="Ana Soler")
    assert not weak["enough"]
    assert "Leave out your name" in weak["says"][0]
    assert client.post("/password-strength", data={"password": "x"}).status_code == 400
