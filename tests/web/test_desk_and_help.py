"""The staff desk, the pages that explain, health, and error pages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts.terms_text import SHIPPED_VERSION
from app.clock import now
from app.extensions import db
from app.gateways import sandbox_numbers
from app.models import Role, StaffAlert
from app.records.desk import route_standing
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.users import make_owner, make_staff


def test_the_desk_shows_accounts_routes_and_alerts(client, session, sign_in):
    make_account(session, name="Brass & Bell", available=5_500)
    make_route(session, name="Economy", paused_reason="Confirm after the restore")
    session.add(StaffAlert(key="ledger:1", text="The books differ by 3 credits."))
    session.commit()
    sign_in(client, make_staff(session, role=Role.SUPPORT))
    page = client.get("/staff/").text
    assert "Brass &amp; Bell" in page
    assert "5.5" in page
    assert "Confirm after the restore" in page
    assert "The books differ by 3 credits." in page


def test_clients_do_not_open_the_desk(client, session, sign_in):
    sign_in(client, make_owner(session))
    assert client.get("/staff/").status_code == 403


@pytest.mark.parametrize(
    ("columns", "standing"),
    [
        ({}, "open"),
        ({"open": False, "paused_reason": "by staff"}, "closed"),
        ({"paused_reason": "by staff"}, "paused"),
        ({"breaker_until": timedelta(minutes=1)}, "breaker"),
        ({"breaker_until": timedelta(minutes=-1)}, "open"),
    ],
)
def test_how_a_route_stands(session, columns, standing):
    moment = now()
    if "breaker_until" in columns:
        columns = {"breaker_until": moment + columns["breaker_until"]}
    assert route_standing(make_route(session, **columns), moment) == standing


def test_everybody_may_read_the_terms(client, session, sign_in):
    page = client.get("/terms").text
    assert f"Version {SHIPPED_VERSION}" in page
    for words in ("prepaid", "one way", "Promotional content only", "harassment", "discarded", "72 hours"):
        assert words in page
    sign_in(client, make_owner(session))
    assert "Sign out" in client.get("/terms").text


def test_every_sandbox_ending_is_explained(client, session, sign_in):
    sign_in(client, make_owner(session))
    page = client.get("/help/sandbox").text
    for ending in sandbox_numbers.SPECIAL:
        assert f"…{ending.digits}" in page
        assert ending.sentence in page


def test_health_answers_for_the_database(client, monkeypatch):
    response = client.get("/healthz")
    assert (response.status_code, response.json) == (200, {"status": "ok"})

    def gone(*_: object) -> None:
        raise db.exc.OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(db.session, "execute", gone)
    assert client.get("/healthz").status_code == 503


def test_error_pages_work_signed_out_and_signed_in(client, session, sign_in):
    response = client.get("/nothing-here")
    assert response.status_code == 404
    assert "There is nothing here" in response.text
    sign_in(client, make_owner(session))
    assert "Sign out" in client.get("/nothing-here").text


def test_a_failure_on_our_side_has_a_page_that_asks_the_database_nothing(
    app, client, session, sign_in, monkeypatch
):
    sign_in(client, make_owner(session))
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("app.blueprints.records.routes.task_page", broken)
    response = client.get("/tasks")
    assert response.status_code == 500
    assert "Something broke on our side" in response.text


def test_a_database_that_is_away_is_told_plainly_and_not_asked_again(
    app, client, session, sign_in, monkeypatch
):
    sign_in(client, make_owner(session))
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def gone(*_: object, **__: object) -> None:
        raise db.exc.OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr("app.web_sessions.sessions.signed_in", gone)
    for address in ("/tasks", "/healthz"):
        response = client.get(address)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
        assert "cannot reach its database" in response.text


def test_no_page_carries_inline_script_or_style(client, session, sign_in):
    pages = [client.get(address).text for address in ("/sign-in", "/terms")]
    sign_in(client, make_owner(session))
    pages += [client.get(address).text for address in ("/", "/tasks", "/help/sandbox", "/nothing-here")]
    for page in pages:
        assert "<style" not in page
        assert " style=" not in page
        assert "<script>" not in page
        assert " onclick=" not in page
