"""Lists of the desk as files: for the roles that may, for who asked alone, and on the record."""

from __future__ import annotations

import io
import re

import pytest
from openpyxl import load_workbook

from app.database import write_transaction
from app.desk.audit_log import Actor, record
from app.models import AuditEvent, ExportState, RecordExport, Role, Suppression
from tests.exports.conftest import rows_of
from tests.factories.accounts import make_account
from tests.factories.messages import DELIVERED, FAILED_LATE, REFUSED
from tests.factories.routes import make_route
from tests.factories.tasks import make_settled_task
from tests.factories.top_ups import make_top_up
from tests.factories.users import make_staff

PAGE = "/staff/exports"
MAY = {
    "desk_clients": {Role.FINANCE, Role.OPERATOR, Role.ADMIN},
    "desk_top_ups": {Role.FINANCE, Role.ADMIN},
    "desk_audit": {Role.OPERATOR, Role.ADMIN},
    "desk_ledger": {Role.SUPPORT, Role.FINANCE, Role.OPERATOR, Role.ADMIN},
    "desk_tasks": {Role.SUPPORT, Role.FINANCE, Role.OPERATOR, Role.ADMIN},
    "desk_messages": {Role.SUPPORT, Role.OPERATOR, Role.ADMIN},
    "desk_suppression": {Role.SUPPORT, Role.OPERATOR, Role.ADMIN},
}


def ask(client, kind, **words):
    return client.submit(f"{PAGE}/ask/{kind}", {"file_type": "csv", **words}, page="/staff/")


def link(client):
    found = re.search(r'href="(/staff/exports/[^/"]+/[^/"]+)" download', client.get(PAGE).text)
    return found and found[1]


@pytest.fixture
def task(session, owner):
    return make_settled_task(
        session, owner, make_route(session, name="Direct"), [DELIVERED, REFUSED, FAILED_LATE], name="=Sum"
    )


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE, Role.OPERATOR, Role.ADMIN])
def test_each_list_is_for_the_roles_that_act_on_it(client, session, sign_in, owner, role):
    sign_in(client, make_staff(session, role=role))
    for kind, roles in MAY.items():
        answer = ask(client, kind, account=str(owner.account_id))
        assert answer.status_code == (303 if role in roles else 403), kind
    assert client.submit(f"{PAGE}/ask/messages", {}, page="/staff/").status_code == 404


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_every_list_becomes_a_file_of_what_its_page_shows(client, session, sign_in, owner, task, made):
    make_account(session, name="Other")
    make_top_up(session, owner, bank_reference="=1+1")
    sign_in(client, make_staff(session))
    mine = {"account": str(owner.account_id)}

    def file(kind, **words):
        assert ask(client, kind, **words).location == PAGE
        assert made().state == ExportState.READY
        return rows_of(client.get(link(client)).data)

    assert [row["client"] for row in file("desk_clients")] == ["Other", "Brass & Bell"]
    (found,) = file("desk_clients", words="brass", state="active")
    assert (found["owners"], found["credits_available"]) == (f"{owner.name} <{owner.email}>", "999")
    assert file("desk_clients", state="closed") == []
    (top_up,) = file("desk_top_ups")
    assert (top_up["client"], top_up["bank_reference"]) == ("Brass & Bell", "'=1+1")
    assert file("desk_top_ups", state="rejected") == []
    entries = file("desk_ledger", **mine)
    assert [entry["entry"] for entry in entries][-2:] == ["Held for a task", "Top-up"]
    assert entries[0]["available_after"] == "999"
    assert [row["recipients"] for row in file("desk_tasks", **mine)] == ["3"]
    assert [row["task"] for row in file("desk_messages", **mine, task=task.public_id)] == ["'=Sum"] * 3
    assert [row["status"] for row in file("desk_messages", **mine, status="delivered")] == ["delivered"]
    session.add(Suppression(e164="+61412000003", source="staff", note="Asked us"))
    session.add(Suppression(account_id=owner.account_id, e164="+61412000004", source="typed"))
    session.commit()
    assert [row["phone"] for row in file("desk_suppression")] == ["'+61412000003"]


def test_the_audit_log_goes_out_as_it_is_filtered_and_runs_no_formula(client, session, sign_in, made):
    with write_transaction(session):
        for number in range(3):
            record(session, Actor.machine(), "test.many", f"thing:{number}")
        record(session, Actor(None, "=cmd()@example.com", "192.0.2.7"), "test.one", "thing:x")
    sign_in(client, make_staff(session))
    ask(client, "desk_audit", action="test.many")
    made()
    assert [row["subject"] for row in rows_of(client.get(link(client)).data)] == [
        "thing:2",
        "thing:1",
        "thing:0",
    ]
    ask(client, "desk_audit", actor="=cmd()@example.com", file_type="xlsx")
    made()
    heading, cells = list(load_workbook(io.BytesIO(client.get(link(client)).data)).active.iter_rows())
    told = dict(zip((cell.value for cell in heading), cells, strict=True))
    assert (told["who"].value, told["who"].data_type) == ("'=cmd()@example.com", "s")


def test_a_file_is_for_who_asked_and_only_while_their_role_lets_them(client, session, sign_in, owner, made):
    mine, colleague = make_staff(session, role=Role.OPERATOR), make_staff(session)
    sign_in(client, mine)
    ask(client, "desk_audit")
    made()
    address = link(client)
    assert client.get(address).status_code == 200
    for other in (colleague, owner):
        client.submit("/sign-out", page="/staff/" if other is colleague else "/")
        sign_in(client, other)
        assert client.get(address).status_code in (403, 404)
        assert client.get(address.removeprefix("/staff")).status_code in (403, 404)
        assert other is owner or link(client) is None
    client.submit("/sign-out", page="/")
    sign_in(client, mine)
    mine.role = Role.SUPPORT
    session.commit()
    assert client.get(address).status_code == 403


def test_who_loses_the_role_meanwhile_gets_no_file(client, session, sign_in, made):
    person = make_staff(session, role=Role.OPERATOR)
    sign_in(client, person)
    ask(client, "desk_audit")
    person.role = Role.FINANCE
    session.commit()
    export = made()
    assert (export.state, export.file_key) == (ExportState.CANCELLED, None)


def test_asking_is_on_the_record_once_without_what_was_searched(client, session, sign_in, owner):
    sign_in(client, make_staff(session))
    for _ in range(2):
        ask(client, "desk_clients", words="0412 345 678")
    ask(client, "desk_ledger", account=str(owner.account_id))
    session.rollback()
    events = session.query(AuditEvent).filter_by(action="desk.export").order_by(AuditEvent.id).all()
    assert session.query(RecordExport).count() == 2
    assert [event.account_id for event in events] == [None, owner.account_id]
    assert events[0].after == {"kind": "desk_clients", "file_type": "csv", "searched": True}
    assert ask(client, "desk_ledger", account="999999").status_code == 404


def test_a_person_has_a_few_at_once(client, session, sign_in):
    sign_in(client, make_staff(session))
    for number in range(6):
        ask(client, "desk_clients", words=f"name {number}")
    session.rollback()
    assert session.query(RecordExport).count() == 5
    assert "as many as go at once" in client.get(PAGE).text
