"""The evidence pack: whole, in agreement with the page, and the same bytes for the same state."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib

import pytest

from app.accounts.terms import accept, current_terms
from app.clock import now
from app.database import write_transaction
from app.desk import task_acts
from app.desk.audit_log import Actor
from app.models import ExportState, RecordExport, Rejection, Role, TaskState
from app.topups import paper
from tests.exports.conftest import rows_of
from tests.factories.messages import DELIVERED, FAILED_LATE, IN_DOUBT, REFUSED
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_settled_task, make_submitted_task
from tests.factories.users import make_staff, make_user


@pytest.fixture
def task(session, owner):
    sender = make_user(session, owner.account, role=Role.SENDER, name="Sam Sender")
    version = current_terms(session).version
    with write_transaction(session):
        accept(session, sender, version, "sign_in", "192.0.2.1")
    task = make_settled_task(
        session,
        sender,
        make_route(session, name="Direct"),
        [DELIVERED, DELIVERED, REFUSED, FAILED_LATE, IN_DOUBT],
        name="Sale of lamps",
        content="Ünser lamps — 20 % off 😀",
        terms_version=version,
        terms_ip="203.0.113.77",
        report={"rows_read": 6, "by_reason": {"landline": 1}, "row_findings": []},
    )
    session.add(Rejection(task_id=task.id, row=9, written="=1+1", reason="landline", message="A landline."))
    session.commit()
    return task


def pack(client, made, task):
    client.submit(
        "/exports/ask/evidence", {"file_type": "zip", "task": task.public_id}, page=f"/tasks/{task.public_id}"
    )
    export = made()
    assert (export.state, export.state_reason) == (ExportState.READY, None)
    page = client.get("/exports").text
    address = page.partition(f'id="fetch-{export.public_id}" href="')[2].partition('"')[0]
    data = client.get(address).data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return data, {name: archive.read(name) for name in archive.namelist()}


def test_the_pack_is_whole_and_its_sums_are_the_pages(client, session, sign_in, owner, made, task):
    sign_in(client, owner)
    _, files = pack(client, made, task)
    assert sorted(files) == [
        "SHA256SUMS.txt",
        "acceptance.json",
        "ledger.csv",
        "messages.csv",
        "rejected-rows.csv",
        "summary.pdf",
        "terms.txt",
    ]
    for line in files["SHA256SUMS.txt"].decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(files[name]).hexdigest() == digest
    told = json.loads(files["acceptance.json"])
    assert (told["accepted"]["name"], told["accepted"]["ip"]) == ("Sam Sender", "203.0.113.77")
    assert told["accepted"]["terms_accepted_at"]
    assert told["task"]["content"] == task.content
    counts = told["recipients"]
    assert (counts["total"], counts["delivered"], counts["failed"], counts["in_doubt"]) == (5, 2, 2, 1)
    assert told["money"] == {
        "held": 5000, "charged": 3000, "released": 1000, "refunded": 1000, "cost": 2000, "outstanding": 1000,
    }  # fmt: skip
    page = client.get(f"/tasks/{task.public_id}").text
    for name, number in (
        ("total", 5),
        ("delivered", 2),
        ("failed", 2),
        ("cost", 2000),
        ("outstanding", 1000),
    ):
        assert f'data-count="{name}" data-value="{number}"' in page
    messages, entries = rows_of(files["messages.csv"]), rows_of(files["ledger.csv"])
    assert len(messages) == counts["total"]
    assert sum(1 for row in messages if row["status"] == "delivered") == counts["delivered"]
    assert sum(float(row["available_out"] or 0) for row in entries) * 1000 == told["money"]["held"]
    assert rows_of(files["rejected-rows.csv"])[0]["written"] == "'=1+1"
    assert "## " in files["terms.txt"].decode()
    assert files["summary.pdf"].startswith(b"%PDF")


def test_the_same_state_gives_the_same_bytes(client, session, sign_in, owner, made, task):
    sign_in(client, owner)
    assert pack(client, made, task)[0] == pack(client, made, task)[0]


def test_who_paused_and_resumed_is_in_it_and_staff_go_unnamed(client, session, sign_in, owner, made):
    task = make_submitted_task(session, owner, make_route(session), messages=2)
    staff = make_staff(session, name="Stella Staff")
    public_id, account_id = task.public_id, owner.account_id
    mine, theirs = Actor.of(owner, "203.0.113.5"), Actor.of(staff, "198.51.100.9")
    with write_transaction(session):
        task_acts.pause(session, mine, account_id, public_id)
        task_acts.resume(session, mine, account_id, public_id)
        task_acts.pause(session, theirs, account_id, public_id, by_staff=True, reason="We look into it")
    sign_in(client, owner)
    _, files = pack(client, made, task)
    told = json.loads(files["acceptance.json"])["history"]
    words = [each["words"] for each in told if each["words"] != "Began to send."]
    assert words[-3:] == [f"Paused by {owner.name}.", f"Resumed by {owner.name}.", "Paused by our staff."]
    assert "We look into it" in told[-1]["note"]
    for data in (files["acceptance.json"], client.get(f"/tasks/{public_id}").data):
        assert b"Stella" not in data
        assert b"198.51.100.9" not in data


def test_nothing_is_proved_of_a_draft_or_of_another_accounts_task(client, session, sign_in, owner, made):
    draft = make_draft(session, owner, make_route(session), state=TaskState.READY)
    sign_in(client, owner)
    client.submit("/exports/ask/evidence", {"file_type": "zip", "task": draft.public_id}, page="/exports")
    assert "not submitted" in (made().state_reason or "")
    answer = client.submit("/exports/ask/evidence", {"file_type": "zip", "task": "nothing"}, page="/exports")
    assert answer.status_code == 404
    assert session.query(RecordExport).count() == 1


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_both_databases_make_it(client, session, sign_in, owner, made, task):
    sign_in(client, owner)
    _, files = pack(client, made, task)
    assert len(rows_of(files["messages.csv"])) == 5


@pytest.mark.parametrize(
    ("role", "sees"), [(Role.OWNER, True), (Role.SENDER, False), (Role.VIEWER, False), (Role.BILLING, False)]
)
def test_the_address_is_told_to_the_owner_and_to_who_submitted(
    client, session, sign_in, owner, task, role, sees
):
    person = owner if role is Role.OWNER else make_user(session, owner.account, role=role)
    page = sign_in(client, person).get(f"/tasks/{task.public_id}").text
    assert ("203.0.113.77" in page) is sees
    assert ("Evidence pack" in page) is (role is Role.OWNER)


def test_who_submitted_sees_the_address_they_submitted_from(client, session, sign_in, owner, task):
    assert "203.0.113.77" in sign_in(client, task.user).get(f"/tasks/{task.public_id}").text


def test_a_text_stands_in_the_summary_as_it_is(monkeypatch):
    """fpdf2 puts the number of pages for {nb}, which a column of a client's file may be named."""
    monkeypatch.setattr(paper, "_wide_font", lambda: None)
    sheet = paper.Paper(now(), "Evidence")
    sheet.words("Hi {nb}, **come in**")
    streams = re.findall(rb"stream\n(.*?)\nendstream", bytes(sheet.output()), re.DOTALL)
    assert b"(Hi {nb}, **come in**)" in zlib.decompress(streams[0])
