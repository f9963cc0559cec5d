"""Who may come in, and what a stopped account cannot do; what staff do to it is in tests/desk/test_clients.py."""

from __future__ import annotations

import pytest

from app.accounts import standing
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.models import AuditEvent
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.factories.users import PASSWORD, make_owner

MACHINE = Actor.machine()


@pytest.mark.parametrize("act", [standing.suspend, standing.close])
def test_nobody_of_a_stopped_account_stays_in_or_comes_in(client, session, sign_in, act):
    owner = make_owner(session)
    sign_in(client, owner)
    assert client.get("/tasks").status_code == 200
    with write_transaction(session):
        act(session, MACHINE, owner.account_id, "Complaints")
    assert client.get("/tasks").status_code == 302
    answer = client.submit("/sign-in", {"email": owner.email, "password": PASSWORD, "accept_terms": "y"})
    assert answer.status_code == 422
    assert client.get("/tasks").status_code == 302


@pytest.mark.usefixtures("any_app")
def test_every_change_of_standing_is_on_the_record(session):
    owner = make_owner(session, make_account(session, available=10_000))
    make_submitted_task(session, owner, make_route(session))
    for act in (standing.suspend, standing.restore, standing.close):
        with write_transaction(session):
            act(session, Actor.of(owner, "192.0.2.9"), owner.account_id, "Because")
    events = session.query(AuditEvent).order_by(AuditEvent.id).all()
    assert [event.action for event in events] == ["account.suspend", "account.restore", "account.close"]
    assert all(event.ip == "192.0.2.9" and event.after["reason"] == "Because" for event in events)


def test_somebody_removed_is_told_so():
    class Gone:
        disabled_at = 1
        account = None

    assert "removed" in standing.refusal_of(Gone())
