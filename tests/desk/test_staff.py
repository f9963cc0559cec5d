"""Our own people: made by an admin or on the command line, never changed by themselves."""

from __future__ import annotations

import re

import pytest

from app.accounts import staffing
from app.accounts.passwords import password_hasher, verify_password
from app.accounts.staffing import StaffRefused
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.models import AuditEvent, Role, User
from tests.factories.users import make_staff, make_user

HASHER = password_hasher(time_cost=1, memory_kib=8)


def test_the_first_admin_comes_from_the_command_line_with_a_password_to_change(app, session):
    result = app.test_cli_runner().invoke(args=["staff", "create", "Boss@Example.com", "--role", "admin"])
    assert result.exit_code == 0, result.output
    password = re.search(r"shown only now\): (\S+)", result.output)[1]
    user = session.query(User).one()
    assert (user.email, user.role, user.must_change_password) == ("boss@example.com", "admin", True)
    assert verify_password(user.password_hash, password, HASHER)
    again = app.test_cli_runner().invoke(args=["staff", "create", "boss@example.com", "--role", "admin"])
    assert again.exit_code == 1
    assert "already" in again.output


def test_two_one_time_passwords_are_never_the_same():
    assert len({staffing.one_time_password() for _ in range(100)}) == 100


def test_an_admin_adds_changes_and_removes_people(client, session, sign_in):
    sign_in(client, make_staff(session))
    page = "/staff/people"
    answer = client.submit(
        page, {"email": "new@example.com", "name": "Nia", "role": "support", "account_id": "1"}
    )
    assert "shown only now" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    session.rollback()
    new = session.query(User).filter_by(email="new@example.com").one()
    assert (new.role, new.must_change_password, new.account_id) == ("support", True, None)
    client.submit(f"{page}/{new.id}/role", {"role": "finance"}, page=page)
    session.rollback()
    assert new.role == "finance"
    version = new.session_version
    client.submit(f"{page}/{new.id}/disable", page=page)
    session.rollback()
    assert new.disabled_at is not None
    assert new.session_version > version
    assert "shown only now" in client.submit(f"{page}/{new.id}/start-over", page=page).text
    session.rollback()
    assert (new.disabled_at, new.must_change_password) == (None, True)
    actions = [event.action for event in session.query(AuditEvent).order_by(AuditEvent.id)]
    assert actions[-4:] == ["staff.create", "staff.role", "staff.disable", "staff.start_over"]


@pytest.mark.parametrize("act", ["role", "disable", "start-over"])
def test_nobody_changes_themselves(client, session, sign_in, act):
    admin = make_staff(session)
    make_staff(session)
    sign_in(client, admin)
    client.submit(f"/staff/people/{admin.id}/{act}", {"role": "support"}, page="/staff/people")
    session.rollback()
    assert (admin.role, admin.disabled_at, admin.must_change_password) == ("admin", None, False)


def test_an_admin_always_stays(session):
    admin = make_staff(session)
    for act in (staffing.disable, lambda *asked: staffing.change_role(*asked, "support")):
        with pytest.raises(StaffRefused), write_transaction(session):
            act(session, Actor.machine(), admin.id)


def test_a_client_is_no_staff_and_a_client_role_is_none_of_staffs(client, session, sign_in):
    member = make_user(session)
    other = make_staff(session, role=Role.SUPPORT)
    sign_in(client, make_staff(session))
    assert client.submit(f"/staff/people/{member.id}/disable", page="/staff/people").status_code == 404
    client.submit(f"/staff/people/{other.id}/role", {"role": "owner"}, page="/staff/people")
    session.rollback()
    assert (member.disabled_at, other.role) == (None, "support")
