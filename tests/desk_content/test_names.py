"""Protected names, and sender IDs that an account asks for and staff decide about once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.database import write_transaction
from app.desk.audit_log import Actor
from app.desk.protected_names import STARTERS
from app.errors import Conflict
from app.models import AuditEvent, Letter, ProtectedName, Role, SenderIdRequest
from app.moderation import sender_ids
from tests.factories.users import make_owner, make_staff, make_user
from tests.sending.engine import at_once

MACHINE = Actor.machine()


@pytest.fixture
def operator(client, session, sign_in):
    return sign_in(client, make_staff(session, role=Role.OPERATOR))


def asked(session, name="Harbour", **columns):
    request = SenderIdRequest(
        account_id=make_owner(session).account_id, name=name, purpose="Our name", **columns
    )
    session.add(request)
    session.commit()
    return request


def test_a_name_is_protected_once_and_let_go(operator, session):
    assert operator.submit("/staff/content/names", {"name": " Big  Bank ", "kind": "bank"}).status_code == 303
    assert (
        "protected already"
        in operator.submit("/staff/content/names", {"name": "big bank", "kind": "bank"}).text
    )
    session.rollback()
    name = session.scalars(select(ProtectedName)).one()
    assert name.name == "Big Bank"
    operator.submit(f"/staff/content/names/{name.id}/remove", page="/staff/content/names")
    session.rollback()
    assert session.scalars(select(ProtectedName)).all() == []
    actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert [action for action in actions if action.startswith("protected_name")] == [
        "protected_name.add",
        "protected_name.remove",
    ]


def test_the_starter_list_is_taken_over_once(operator, session):
    token = operator.csrf_token("/staff/content/names")
    for _ in range(2):
        operator.post("/staff/content/names/starters", data={"csrf_token": token})
    session.rollback()
    assert session.scalar(select(func.count()).select_from(ProtectedName)) == len(STARTERS)
    assert len({name.casefold() for name, _ in STARTERS}) == len(STARTERS)


def test_a_client_asks_and_reads_the_answer(client, session, sign_in):
    user = make_user(session)
    sign_in(client, user)
    form = {
        "name": "Harbour",
        "purpose": "The bistro's name",
        "state": "approved",
        "account_id": "1",
        "decided_by": "1",
    }
    assert client.submit("/sender-ids/", form).status_code == 303
    session.rollback()
    request = session.scalars(select(SenderIdRequest)).one()
    assert (request.state, request.account_id, request.decided_by) == ("waiting", user.account_id, None)
    assert "waits for staff already" in client.submit("/sender-ids/", {**form, "name": "HARBOUR"}).text
    with write_transaction(session):
        sender_ids.reject(session, MACHINE, request.id, "Show that it is yours")
    assert "Show that it is yours" in client.get("/sender-ids/").text
    assert user.email in session.scalars(select(Letter.recipient)).all()
    assert client.submit("/sender-ids/", form).status_code == 303  # a rejected one may be asked for again
    session.rollback()
    assert session.scalars(select(SenderIdRequest.state)).one() == "waiting"


@pytest.mark.parametrize("name", ["12345", "far too long a name", "odd!name", ""])
def test_what_no_route_takes_cannot_be_asked_for(client, session, sign_in, name):
    sign_in(client, make_user(session))
    assert client.submit("/sender-ids/", {"name": name, "purpose": "Ours"}).status_code == 422
    assert session.scalars(select(SenderIdRequest)).all() == []


def test_an_account_sees_its_own_requests_alone(client, session, sign_in):
    asked(session, "TheirName")
    sign_in(client, make_user(session))
    assert "TheirName" not in client.get("/sender-ids/").text


def test_a_viewer_reads_and_does_not_ask(client, session, sign_in):
    sign_in(client, make_user(session, role=Role.VIEWER))
    assert "Ask for a sender ID" not in client.get("/sender-ids/").text
    token = client.csrf_token("/support/new")
    response = client.post("/sender-ids/", data={"csrf_token": token, "name": "Mine", "purpose": "x"})
    assert response.status_code == 403


def test_staff_see_a_caution_approve_and_take_it_back_with_a_reason(operator, session):
    session.add(ProtectedName(name="Harbour", kind="bank"))
    request = asked(session, "Harb0ur")
    page = operator.get("/staff/content/sender-ids").text
    assert "protected name" in page
    operator.submit(f"/staff/content/sender-ids/{request.id}/approve", page="/staff/content/sender-ids")
    session.rollback()
    assert request.state == "approved"
    approved = "/staff/content/sender-ids?state=approved"
    rejecting = f"/staff/content/sender-ids/{request.id}/reject"
    assert operator.submit(rejecting, {"reason": " "}, page=approved).status_code == 422
    operator.submit(rejecting, {"reason": "Misused"}, page=approved)
    session.rollback()
    assert (request.state, request.reason) == ("rejected", "Misused")


def test_twenty_decisions_at_once_are_one(any_app, session):
    request_id = asked(session).id
    session.rollback()

    def approve(own):
        try:
            with write_transaction(own):
                sender_ids.approve(own, MACHINE, request_id)
        except Conflict:
            return "told"
        return "approved"

    assert at_once(any_app, [approve] * 20) == {"approved": 1, "told": 19}
    session.rollback()
    assert len(session.scalars(select(Letter)).all()) == 1


def test_support_reads_the_requests_and_decides_none(client, session, sign_in):
    request = asked(session)
    sign_in(client, make_staff(session, role=Role.SUPPORT))
    assert "Harbour" in client.get("/staff/content/sender-ids").text
    token = client.csrf_token("/staff/content/sender-ids")
    for act in ("approve", "reject"):
        address = f"/staff/content/sender-ids/{request.id}/{act}"
        assert client.post(address, data={"csrf_token": token, "reason": "no"}).status_code == 403
