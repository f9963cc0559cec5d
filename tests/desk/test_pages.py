"""Every page of the desk opens for the roles that it names, and for nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.clock import now
from app.models import Chore, Role, StaffAlert
from app.sending.heartbeat import LATE, beat, silence
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.factories.users import make_owner, make_staff, make_user

READING = (
    "/staff/",
    "/staff/clients/",
    "/staff/clients/{account}",
    "/staff/clients/{account}/ledger",
    "/staff/clients/{account}/tasks",
    "/staff/clients/{account}/routes",
    "/staff/clients/adjustments",
    "/staff/routes/",
    "/staff/routes/{route}",
    "/staff/terms/",
    "/staff/terms/shipped",
    "/staff/audit/",
    "/staff/exports",
)
ACTING = {
    "/staff/clients/{account}/suspend": {Role.OPERATOR, Role.ADMIN},
    "/staff/clients/{account}/close": {Role.ADMIN},
    "/staff/clients/{account}/adjust": {Role.FINANCE, Role.ADMIN},
    "/staff/routes/new": {Role.OPERATOR, Role.ADMIN},
    "/staff/routes/{route}/edit": {Role.OPERATOR, Role.ADMIN},
    "/staff/terms/new": {Role.ADMIN},
    "/staff/people": {Role.ADMIN},
}


@pytest.fixture
def places(session):
    account = make_account(session, name="Brass & Bell", available=50_000)
    route = make_route(session, prices={"61": 900}, gateway_settings={"concurrency": 8})
    make_submitted_task(session, make_owner(session, account), route)
    session.add(StaffAlert(key="x", text="Something is odd.", account_id=account.id, route_id=route.id))
    session.commit()
    return {"account": account.id, "route": route.id}


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE, Role.OPERATOR, Role.ADMIN])
def test_staff_open_what_their_role_is_for(client, session, sign_in, places, role):
    sign_in(client, make_staff(session, role=role))
    for address in READING:
        assert client.get(address.format(**places)).status_code == 200, address
    for address, roles in ACTING.items():
        expected = 200 if role in roles else 403
        assert client.get(address.format(**places)).status_code == expected, address


def test_clients_open_none_of_it(client, session, sign_in, places):
    sign_in(client, make_user(session, role=Role.OWNER))
    for address in (*READING, *ACTING):
        assert client.get(address.format(**places)).status_code == 403, address


def test_an_alert_is_dismissed_with_a_note_only(client, session, sign_in, places):
    sign_in(client, make_staff(session, role=Role.OPERATOR))
    assert client.submit("/staff/alerts/1/dismiss", {}, page="/staff/").status_code == 422
    answer = client.submit("/staff/alerts/1/dismiss", {"a1-note": "Called them."}, page="/staff/")
    assert answer.status_code == 303
    session.rollback()
    assert session.query(StaffAlert).count() == 0
    assert "Called them." in client.get("/staff/audit/").text


def test_the_desk_and_monitoring_say_since_when_no_ticker_has_come_by(client, session, sign_in, places):
    sign_in(client, make_staff(session, role=Role.SUPPORT))
    beat(session)
    session.commit()
    assert "The ticker has not run" not in client.get("/staff/").text
    session.get(Chore, "tick").done_at = now() - LATE - timedelta(seconds=1)
    session.commit()
    assert "The ticker has not run" in client.get("/staff/").text
    assert "\ncarillon_ticker_age_seconds 12" in client.get("/metrics").text
    beat(session)
    session.commit()
    assert silence(session, now()) < LATE
