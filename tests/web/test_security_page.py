"""One's own security page: devices, history, password, e-mail address, phone."""

from __future__ import annotations

import pytest

from app.models import AuditEvent, DeviceSession, SignInAttempt, SignInOutcome, User
from tests.factories.users import PASSWORD, make_owner
from tests.letters import code_in, link_in, newest_letter

NEW = "lantern orbit velvet pickle"


@pytest.fixture
def owner(session) -> User:
    return make_owner(session, phone="+61412345678", phone_confirmed_at=None)


@pytest.fixture
def ana(session, client, sign_in) -> User:
    """An owner, signed in."""
    user = make_owner(session)
    sign_in(client, user)
    return user


def stored(session, user_id: int) -> User:
    session.rollback()
    return session.get_one(User, user_id, populate_existing=True)


def test_devices_are_listed_and_each_can_be_ended_at_once(app, client, session, sign_in, ana):
    other = app.test_client()
    other.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"
    sign_in(other, ana)
    page = client.get("/account/security").text
    assert "Firefox on Windows" in page
    assert "This device" in page
    device = session.query(DeviceSession).order_by(DeviceSession.id.desc()).first()
    client.submit(f"/account/devices/{device.id}/end", page="/account/security")
    assert other.get("/tasks").status_code == 302
    assert client.get("/").status_code == 200
    assert client.submit(f"/account/devices/{device.id}/end", page="/account/security").status_code == 404


def test_nobody_ends_another_persons_device(app, client, session, sign_in, ana):
    other = app.test_client()
    sign_in(other, make_owner(session))
    device = session.query(DeviceSession).order_by(DeviceSession.id.desc()).first()
    assert client.submit(f"/account/devices/{device.id}/end", page="/account/security").status_code == 404
    assert other.get("/tasks").status_code == 200


def test_signing_out_everywhere_else_leaves_only_this_device(app, client, session, sign_in, ana):
    others = [app.test_client() for _ in range(2)]
    for other in others:
        sign_in(other, ana)
    client.submit("/account/devices/end-others", page="/account/security")
    assert [other.get("/tasks").status_code for other in others] == [302, 302]
    assert client.get("/").status_code == 200
    session.rollback()
    assert "user.end_other_devices" in {event.action for event in session.query(AuditEvent)}


def test_the_history_shows_failures_too_and_only_ones_own(client, session, ana):
    stranger = make_owner(session)
    for user, ip in ((ana, "198.51.100.7"), (stranger, "203.0.113.9")):
        session.add(
            SignInAttempt(
                user_id=user.id, email=user.email, ip=ip, user_agent="", outcome=SignInOutcome.WRONG
            )
        )
    session.commit()
    for page in ("/account/security", "/account/sign-ins"):
        text = client.get(page).text
        assert "198.51.100.7" in text
        assert "Wrong password" in text
        assert "203.0.113.9" not in text


def test_the_history_goes_on_page_by_page(client, session, ana):
    for number in range(60):
        session.add(
            SignInAttempt(user_id=ana.id, email="", ip=f"10.0.0.{number}", user_agent="", outcome="wrong")
        )
    session.commit()
    assert "10.0.0.59<" in client.get("/account/sign-ins").text
    older = session.query(SignInAttempt).order_by(SignInAttempt.id)[11].id
    assert "10.0.0.5<" in client.get(f"/account/sign-ins?before={older}").text


def test_changing_the_password_asks_for_the_present_one_and_ends_the_others(
    app, client, session, sign_in, ana
):
    email = ana.email
    other = app.test_client()
    sign_in(other, ana)
    wrong = client.submit("/account/password", {"present": "no", "password": NEW})
    assert "not your present password" in wrong.text
    weak = client.submit("/account/password", {"present": PASSWORD, "password": "password1234"})
    assert "too easy to guess" in weak.text
    assert client.submit("/account/password", {"present": PASSWORD, "password": NEW}).status_code == 303
    assert other.get("/tasks").status_code == 302
    assert client.get("/").status_code == 200
    assert newest_letter(session, email).subject == "Your password was changed"


def test_guessing_the_present_password_is_stopped(client, ana):
    answers = [
        client.submit("/account/password", {"present": f"no {n}", "password": NEW}).text for n in range(12)
    ]
    assert "Too many tries" in answers[-1]
    assert client.get("/").status_code == 200


def test_a_new_address_counts_once_its_link_is_opened_and_the_old_one_hears_of_it(client, session, ana):
    user_id, old = ana.id, ana.email
    assert client.submit("/account/email", {"email": "new@example.com", "present": "no"}).status_code == 422
    client.submit("/account/email", {"email": " New@Example.com ", "present": PASSWORD})
    assert stored(session, user_id).email == old
    assert "about to change" in newest_letter(session, old).subject
    link = link_in(newest_letter(session, "new@example.com"), "/account/email/confirm/")
    assert client.submit(link).status_code == 303
    assert stored(session, user_id).email == "new@example.com"
    assert "was changed" in newest_letter(session, old).subject
    assert client.submit(link).status_code == 410
    actions = {event.action for event in session.query(AuditEvent)}
    assert {"user.ask_email_change", "user.change_email"} <= actions


def test_only_the_person_who_asked_can_open_the_link(app, client, session, sign_in, ana):
    client.submit("/account/email", {"email": "new@example.com", "present": PASSWORD})
    link = link_in(newest_letter(session, "new@example.com"), "/account/email/confirm/")
    assert app.test_client().get(link).status_code == 302
    thief = app.test_client()
    sign_in(thief, make_owner(session))
    assert thief.submit(link).status_code == 403


def test_a_link_is_worth_nothing_once_the_change_is_given_up_or_the_password_reset(client, session, ana):
    email = ana.email
    for undo in ("give up", "reset"):
        client.submit("/account/email", {"email": "new@example.com", "present": PASSWORD})
        link = link_in(newest_letter(session, "new@example.com"), "/account/email/confirm/")
        if undo == "give up":
            client.submit("/account/contact/keep", page="/account/security")
            assert client.submit(link).status_code == 410
    stranger = client.application.test_client()
    stranger.submit("/forgot", {"email": email})
    stranger.submit(link_in(newest_letter(session, email), "/reset/"), {"password": NEW})
    stranger.submit("/sign-in", {"email": email, "password": NEW, "accept_terms": "y"})
    assert stranger.submit(link).status_code == 410


def test_an_address_in_use_is_not_given_away(client, session, ana):
    user_id = ana.id
    taken = make_owner(session).email
    session.rollback()
    answer = client.submit("/account/email", {"email": taken, "present": PASSWORD}, follow_redirects=True)
    assert "A link is on its way to the new address." in answer.text
    assert "wanted to use your e-mail address" in newest_letter(session, taken).subject
    assert stored(session, user_id).pending_email is None


def test_an_address_that_somebody_else_takes_meanwhile_is_theirs(any_app, client, session, ana):
    user_id, old = ana.id, ana.email
    client.submit("/account/email", {"email": "new@example.com", "present": PASSWORD})
    link = link_in(newest_letter(session, "new@example.com"), "/account/email/confirm/")
    make_owner(session, email="new@example.com")
    session.rollback()
    assert client.submit(link).status_code == 410
    assert stored(session, user_id).email == old


def test_a_new_phone_counts_once_its_code_is_entered_and_the_old_one_hears_of_it(client, session, ana):
    user_id = ana.id
    ana.phone = "+61412345678"
    ana.phone_confirmed_at = ana.created_at
    session.commit()
    client.submit("/account/phone", {"phone": "+61 498 765 432", "present": PASSWORD})
    assert stored(session, user_id).phone == "+61412345678"
    code = code_in(newest_letter(session, "+61498765432"))
    wrong = "000000" if code != "000000" else "111111"
    assert client.submit("/account/phone/confirm", {"code": wrong}).status_code == 422
    assert client.submit("/account/phone/confirm", {"code": code}).status_code == 303
    assert stored(session, user_id).phone == "+61498765432"
    assert "tell support" in newest_letter(session, "+61412345678").body


def test_nobody_changes_more_of_themselves_than_the_form_has(client, session, ana):
    user_id = ana.id
    data = {
        "present": PASSWORD,
        "password": NEW,
        "role": "admin",
        "email": "x@example.com",
        "account_id": "9",
    }
    client.submit("/account/password", data)
    user = stored(session, user_id)
    assert (user.role, user.email) == ("owner", ana.email)


def test_the_outbox_exists_outside_production_only(make_app, settings_for, client):
    assert client.get("/dev/outbox").status_code == 200
    production = make_app(settings_for(environment="production"))
    assert production.test_client().get("/dev/outbox", base_url="https://localhost").status_code == 404
    assert "outbox" not in production.blueprints


def test_an_owner_sets_the_clocks_where_the_phone_could_not_tell_them(client, session, ana):
    ana.account.time_zone = "UTC"
    ana.phone = "+61412345678"
    session.commit()
    page = client.get("/account/time-zone").text
    assert page.index("Australia/Perth") < page.index("Africa/Abidjan")  # of the phone's country first
    assert client.submit("/account/time-zone", {"zone": "Mars/Olympus"}).status_code == 422
    assert client.submit("/account/time-zone", {"zone": "Australia/Perth"}).status_code == 303
    assert stored(session, ana.id).account.time_zone == "Australia/Perth"
    assert session.query(AuditEvent).filter_by(action="account.time_zone").one().before == {
        "time_zone": "UTC"
    }
    assert "by the clocks of Perth" in client.get("/calendar/").text
