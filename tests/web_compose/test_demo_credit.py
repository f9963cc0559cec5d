"""Outside production a new account takes demo credit, once, and goes on from where it was missing."""

from __future__ import annotations

from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.users import make_owner, make_user
from tests.web_compose.conftest import Desk


def test_a_new_owner_takes_it_once_and_is_led_on(client, session, sign_in, make_app, settings_for):
    make_route(session)
    owner = make_owner(session, make_account(session))
    sign_in(client, owner)
    assert "Take 100 demo credits" in client.get("/").text
    assert "Take 100 demo credits" in client.get("/quick/").text
    for back, expected in (("", "/quick/"), ("abc", "/tasks/abc/review")):
        assert client.submit("/dev/outbox/credit", {"task": back}, page="/quick/").location == expected
    session.rollback()
    session.refresh(owner.account)
    assert owner.account.available == 100_000
    assert "Take 100 demo credits" not in client.get("/quick/").text


def test_the_review_offers_it_where_credit_is_missing_and_not_to_a_sender(client, session, sign_in):
    route = make_route(session)
    account = make_account(session)
    sign_in(client, make_user(session, account))
    assert "demo credits" not in client.get("/quick/").text
    assert client.submit("/dev/outbox/credit", page="/quick/").status_code == 403
    assert route.open


def test_who_has_credit_is_not_offered_any(desk: Desk):
    assert "demo credits" not in desk.page("/quick/")
