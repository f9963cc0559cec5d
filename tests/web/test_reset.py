"""“I forgot my password”, one-time passwords, and passwords that expire."""

from __future__ import annotations

from datetime import timedelta

from app.accounts.abuse import LIMITS, Act
from app.clock import now
from app.models import AuditEvent, Letter, User
from tests.factories.users import PASSWORD, make_owner, make_staff
from tests.letters import link_in, newest_letter

NEW = "lantern orbit velvet pickle"
TERMS = {"accept_terms": "y"}


def ask(client, session, email: str) -> str:
    """Ask for a new password; the link's path."""
    assert client.submit("/forgot", {"email": email}).location == "/forgot/sent"
    return link_in(newest_letter(session, email), "/reset/")


def signs_in(app, email: str, password: str) -> bool:
    answer = app.test_client().submit("/sign-in", {"email": email, "password": password, **TERMS})
    return answer.status_code == 302


def test_a_link_sets_a_new_password_and_ends_every_session(any_app, app, client, session, sign_in):
    user = make_owner(session)
    email = user.email
    here, there = app.test_client(), app.test_client()
    sign_in(here, user), sign_in(there, user)
    link = ask(client, session, email)
    answer = client.submit(link, {"password": NEW}, follow_redirects=True)
    assert "every device is signed out" in answer.text
    assert [browser.get("/tasks").status_code for browser in (here, there)] == [302, 302]
    assert newest_letter(session, email).subject == "Your password was changed"
    assert signs_in(app, email, NEW)
    assert not signs_in(app, email, PASSWORD)
    assert {"user.ask_reset", "user.reset_password"} <= {event.action for event in session.query(AuditEvent)}


def test_a_link_works_once_and_older_links_die_with_it(client, session):
    email = make_owner(session).email
    first, second = ask(client, session, email), ask(client, session, email)
    assert client.submit(second, {"password": NEW}).status_code == 303
    for used in (first, second):
        assert client.get(used).status_code == 410
        assert client.post(used, data={"password": NEW}).status_code in (400, 410)


def test_a_link_is_too_old_after_an_hour(client, session, monkeypatch):
    link = ask(client, session, make_owner(session).email)
    monkeypatch.setattr("app.accounts.links.LIVES", {"reset": timedelta(seconds=-1)})
    assert client.get(link).status_code == 410


def test_unknown_addresses_get_the_same_page_and_a_letter_of_their_own(client, session):
    email = make_owner(session).email
    known = client.submit("/forgot", {"email": email})
    unknown = client.submit("/forgot", {"email": "nobody@example.com"})
    assert (known.status_code, known.location) == (unknown.status_code, unknown.location)
    assert "/reset/" not in newest_letter(session, "nobody@example.com").body
    assert session.query(Letter).count() == 2


def test_asking_is_limited(client):
    allowed = LIMITS[Act.RESET].person.times
    answers = [
        client.submit("/forgot", {"email": "nobody@example.com"}).status_code for _ in range(allowed + 1)
    ]
    assert answers == [303] * allowed + [429]


def test_a_weak_password_leaves_the_link_good(client, session):
    link = ask(client, session, make_owner(session).email)
    assert client.submit(link, {"password": "password1234"}).status_code == 422
    assert client.submit(link, {"password": NEW}).status_code == 303


def test_a_reset_does_not_pass_the_second_factor_and_forgets_changes_begun_by_others(app, client, session):
    user = make_staff(session, pending_email="thief@example.com", pending_phone="+61412345678")
    user_id, email = user.id, user.email
    client.submit(ask(client, session, email), {"password": NEW})
    session.rollback()
    user = session.get(User, user_id)
    assert (user.pending_email, user.pending_phone) == (None, None)
    other = app.test_client()
    answer = other.submit("/sign-in", {"email": email, "password": NEW, **TERMS})
    assert answer.location == "/sign-in/code"


def test_a_one_time_password_must_be_replaced_before_anything_else(app, client, session):
    user = make_owner(session, must_change_password=True)
    email = user.email
    answer = client.submit("/sign-in?next=/tasks", {"email": email, "password": PASSWORD, **TERMS})
    assert answer.location == "/sign-in/new-password"
    assert client.get("/tasks").status_code == 302
    same = client.submit("/sign-in/new-password", {"password": PASSWORD})
    assert "present password" in same.text
    assert client.submit("/sign-in/new-password", {"password": NEW}).location == "/tasks"
    assert client.get("/tasks").status_code == 200
    assert signs_in(app, email, NEW)


def test_asking_a_person_to_change_their_password_acts_on_who_is_signed_in(client, session, sign_in):
    user = make_owner(session)
    sign_in(client, user)
    user.must_change_password = True
    session.commit()
    assert client.get("/tasks").status_code == 302


def test_a_password_expires_where_that_is_set_and_is_announced_before(app_on, session):
    app = app_on(password_max_age=timedelta(days=90))
    for age, page in ((10, "/"), (80, "/"), (91, "/sign-in/new-password")):
        user = make_owner(session, password_changed_at=now() - timedelta(days=age, minutes=5))
        client = app.test_client()
        email = user.email
        session.rollback()
        answer = client.submit("/sign-in", {"email": email, "password": PASSWORD, **TERMS})
        assert answer.location == page
        assert ("expires in 9 days" in client.get("/", follow_redirects=True).text) is (age == 80)
