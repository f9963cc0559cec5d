"""The second factor: required of staff, offered to clients; codes and recovery codes that work once."""

from __future__ import annotations

import re

import pytest
import time_machine
from pyotp import TOTP
from sqlalchemy.orm import object_session

from app.accounts.abuse import LIMITS, Act
from app.clock import now
from app.models import AuditEvent, RecoveryCode, SignInAttempt, SignInOutcome, User
from tests.factories.users import PASSWORD, TOTP_SECRET, make_owner, make_staff
from tests.letters import newest_letter

TERMS = {"accept_terms": "y"}
CODE_PAGE = "/sign-in/code"
NO_FACTOR = {"totp_secret": None, "totp_confirmed_at": None}


def give_password(client, user):
    data = {"email": user.email, "password": PASSWORD, **TERMS}
    object_session(user).rollback()  # signing in writes; the test's session must not go on with what it read
    return client.submit("/sign-in", data)


def app_code(page: str) -> str:
    """What an app shows that has taken the secret from the page."""
    secret = re.search(r"type this secret: <code>([A-Z2-7 ]+)</code>", page)
    assert secret
    return TOTP(secret.group(1).replace(" ", "")).now()


def recovery_codes(page: str) -> list[str]:
    return re.findall(r"<code>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</code>", page)


def test_staff_without_one_are_led_to_set_it_up_and_open_nothing_else(client, session):
    user = make_staff(session, **NO_FACTOR)
    assert give_password(client, user).location == "/sign-in/second-factor"
    for page in ("/staff/", "/tasks", "/account/security", "/account/second-factor", "/help/sandbox"):
        assert client.get(page).location.startswith("/sign-in")
    assert client.get("/sign-in/go-on").location == "/sign-in/second-factor"
    client.submit("/sign-in/second-factor/begin", page="/sign-in/second-factor")
    page = client.get("/sign-in/second-factor").text
    assert 'src="data:image/svg+xml' in page
    answer = client.submit("/sign-in/second-factor", {"code": app_code(page)})
    assert len(recovery_codes(answer.text)) == 10
    assert client.get("/staff/").status_code == 302
    assert client.submit("/sign-in/go-on").location == "/"
    assert client.get("/staff/").status_code == 200


def test_the_secret_and_the_recovery_codes_are_not_stored_readably(client, session):
    user = make_staff(session, **NO_FACTOR)
    give_password(client, user)
    client.submit("/sign-in/second-factor/begin", page="/sign-in/second-factor")
    page = client.get("/sign-in/second-factor").text
    codes = recovery_codes(client.submit("/sign-in/second-factor", {"code": app_code(page)}).text)
    session.rollback()
    secret = re.search(r"secret: <code>([A-Z2-7 ]+)", page).group(1).replace(" ", "")
    assert secret not in session.get(User, user.id).totp_secret
    kept = {row.code_hash for row in session.query(RecoveryCode)}
    assert not kept & {code.replace("-", "") for code in codes}
    assert "user.second_factor_on" in {event.action for event in session.query(AuditEvent)}


def test_a_code_is_good_once(app, client, session):
    user = make_staff(session)
    code = TOTP(TOTP_SECRET).now()
    give_password(client, user)
    assert client.submit(CODE_PAGE, {"code": code}).location == "/"
    other = app.test_client()
    give_password(other, user)
    answer = other.submit(CODE_PAGE, {"code": code})
    assert answer.status_code == 422
    assert "used already" in answer.text
    session.rollback()
    outcomes = [one.outcome for one in session.query(SignInAttempt).order_by(SignInAttempt.id)]
    assert outcomes == [
        SignInOutcome.PASSWORD_ONLY,
        SignInOutcome.SIGNED_IN,
        SignInOutcome.PASSWORD_ONLY,
        SignInOutcome.SECOND_FACTOR_WRONG,
    ]


@pytest.mark.parametrize(("off", "taken"), [(-90, False), (-30, True), (30, True), (90, False)])
def test_clocks_may_differ_by_one_step(client, session, off, taken):
    give_password(client, make_staff(session))
    with time_machine.travel(now(), tick=False):  # else a step may pass between the two clocks
        code = TOTP(TOTP_SECRET).at(int(now().timestamp()) + off)
        assert (client.submit(CODE_PAGE, {"code": code}).status_code == 302) is taken


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "٣٣٣٣٣٣", "AAAA-AAAA-AAAA-AAAA", "' OR 1=1 --"])
def test_nonsense_is_a_wrong_code(client, session, typed):
    give_password(client, make_staff(session))
    assert client.submit(CODE_PAGE, {"code": typed}).status_code == 422


def test_guessing_codes_is_stopped_and_the_person_told(client, session):
    user = make_staff(session)
    email = user.email
    give_password(client, user)
    allowed = LIMITS[Act.CODE].person.times
    wrong = "000000" if TOTP(TOTP_SECRET).now() != "000000" else "111111"
    answers = [
        client.submit(
            CODE_PAGE, {"code": wrong}, environ_overrides={"REMOTE_ADDR": f"192.0.2.{n}"}
        ).status_code
        for n in range(allowed + 2)
    ]
    assert answers == [422] * allowed + [429] * 2
    assert client.submit(CODE_PAGE, {"code": TOTP(TOTP_SECRET).now()}).status_code == 429
    assert "wrong codes" in newest_letter(session, email).body


def test_a_recovery_code_stands_in_once(any_app, app, client, session, sign_in):
    user = make_owner(session)
    email = user.email
    sign_in(client, user)
    client.submit("/account/second-factor/begin", {"present": PASSWORD})
    page = client.get("/account/second-factor").text
    codes = recovery_codes(client.submit("/account/second-factor", {"code": app_code(page)}).text)
    for expected in (302, 422):
        other = app.test_client()
        session.rollback()
        assert give_password(other, user).location == CODE_PAGE
        assert other.submit(CODE_PAGE, {"code": codes[0].lower()}).status_code == expected
    assert "9 of them are left" in newest_letter(session, email, subject="Your second factor").body


def test_setting_up_asks_for_the_password_and_opening_the_page_changes_nothing(client, session, sign_in):
    user = make_owner(session)
    sign_in(client, user)
    assert client.get("/account/second-factor").location == "/account/security"
    refused = client.submit("/account/second-factor/begin", {"present": "not the password"})
    assert "not your present password" in refused.text
    session.rollback()
    assert session.get(User, user.id).totp_secret is None


def test_a_client_turns_it_off_with_the_password_and_staff_cannot(client, session, sign_in):
    owner = make_owner(session, totp_secret=make_staff(session).totp_secret)
    owner.totp_confirmed_at = owner.created_at
    session.commit()
    owner_id = owner.id
    sign_in(client, owner)
    assert client.submit("/account/second-factor/off", {"present": "wrong"}).status_code == 422
    client.submit("/account/second-factor/off", {"present": PASSWORD})
    session.rollback()
    assert session.get(User, owner_id).totp_confirmed_at is None
    staff = client.application.test_client()
    sign_in(staff, make_staff(session))
    assert staff.get("/account/second-factor/off").status_code == 403


def test_the_password_alone_opens_no_page_of_who_has_a_second_factor(client, session):
    user = make_staff(session)
    give_password(client, user)
    for page in ("/staff/", "/account/security", "/account/password"):
        assert client.get(page).status_code == 302
    assert client.get("/sign-in/new-password").location == CODE_PAGE
    assert client.get("/sign-in/second-factor").location == CODE_PAGE
    assert client.get("/sign-in/go-on").location == CODE_PAGE


def test_a_claim_half_way_ends_with_the_sessions(client, session):
    user = make_staff(session)
    give_password(client, user)
    user.session_version += 1
    session.commit()
    assert client.get(CODE_PAGE).location == "/sign-in"
