"""Lists as files: asked for on their page, made by a job, fetched by whom they are for."""

from __future__ import annotations

import io
import re
import tempfile
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from app.clock import now
from app.exports import asking, making, message_rows, sheets
from app.models import AccountState, AuditEvent, ExportState, Message, RecordExport, Role, TaskState
from app.stored_files import chunks_of
from tests.exports.conftest import rows_of
from tests.factories.accounts import make_account
from tests.factories.messages import DELIVERED, REFUSED
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_settled_task, make_submitted_task
from tests.factories.users import make_owner, make_user

PAGE = "/exports"


def ask(client, kind="messages", page="/messages", **words):
    return client.submit(f"{PAGE}/ask/{kind}", {"file_type": "csv", **words}, page=page)


def fetch(client):
    address = re.search(r'href="(/exports/[^/"]+/[^/"]+)" download', client.get(PAGE).text)
    assert address is not None, "nothing to fetch"
    return client.get(address[1])


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_the_filtered_list_comes_as_csv_in_the_pages_order(client, session, sign_in, owner, made):
    route = make_route(session, name="Direct")
    older = make_settled_task(
        session, owner, route, [DELIVERED, REFUSED, DELIVERED], name="Older", sender_id="HARBOUR"
    )
    make_submitted_task(session, owner, route, messages=2, name="Newer")
    stranger = make_owner(session, make_account(session, available=9_000))
    make_submitted_task(session, stranger, route, name="Not yours")
    sign_in(client, owner)
    assert ask(client).location == PAGE
    export = made()
    assert (export.state, export.rows_done, export.rows_found) == (ExportState.READY, 5, 5)
    answer = fetch(client)
    assert (answer.mimetype, len(answer.data)) == ("text/csv", export.size)
    rows = rows_of(answer.data)
    assert [(row["task"], row["row"]) for row in rows] == [
        ("Newer", "2"),
        ("Newer", "3"),
        ("Older", "2"),
        ("Older", "3"),
        ("Older", "4"),
    ]
    assert rows[2]["number"] == "'+61400000000"
    assert (rows[2]["sender_id"], rows[2]["credits"], rows[2]["credits_are"]) == ("HARBOUR", "1", "charged")
    assert rows[2]["queued (Australia/Sydney)"].endswith(("+10:00", "+11:00"))
    ask(client, status="failed", task=older.public_id)
    made()
    assert [row["status"] for row in rows_of(fetch(client).data)] == ["failed"]


def test_one_numbers_messages_come_from_every_task(client, session, sign_in, owner, made, monkeypatch):
    monkeypatch.setattr(message_rows, "BATCH", 2)
    route = make_route(session)
    for number in range(5):
        make_submitted_task(session, owner, route, messages=3, name=f"Task {number}")
    sign_in(client, owner)
    ask(client, number="+61 400 000 001")
    export = made()
    assert (export.rows_done, export.rows_found) == (5, None)
    assert [row["task"] for row in rows_of(fetch(client).data)] == [f"Task {number}" for number in range(5)][
        ::-1
    ]


def test_small_batches_give_every_row_once(session, owner, monkeypatch):
    monkeypatch.setattr(message_rows, "BATCH", 4)
    route = make_route(session)
    for messages in (1, 3, 9, 1, 4, 2, 0, 5):
        make_submitted_task(session, owner, route, messages=messages)
    from app.records.asked import Asked
    from app.records.periods import Period

    asked = Asked(Period(None, None, None, None, None, ""))
    found = [row for rows in message_rows.message_rows(session, owner.account_id, asked) for row in rows]
    assert len(found) == len({(row[2], row[3]) for row in found}) == 25
    assert message_rows.how_many(session, owner.account_id, asked) == 25


@pytest.mark.parametrize("name", ["=1+1", "+CMD", "-2", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_nothing_in_a_file_is_a_formula(client, session, sign_in, owner, made, name):
    make_submitted_task(session, owner, make_route(session), messages=1, name=name, content=name)
    sign_in(client, owner)
    ask(client)
    made()
    row = rows_of(fetch(client).data)[0]
    assert row["task"].startswith("'")
    ask(client, file_type="xlsx")
    made()
    book = load_workbook(io.BytesIO(fetch(client).data))
    heading, cells = list(book.active.iter_rows())
    told = {head.value: cell for head, cell in zip(heading, cells, strict=True)}
    assert {cell.data_type for cell in cells} <= {"s", "n"}  # never "f"
    assert (told["number"].value, told["number"].data_type) == ("+61400000000", "s")
    assert told["message"].value.startswith("'")
    assert (told["credits"].value, told["credits"].data_type) == (1, "n")


def test_a_full_sheet_goes_on_in_the_next(client, session, sign_in, owner, made, monkeypatch):
    monkeypatch.setattr(sheets, "XLSX_ROWS", 4)
    make_submitted_task(session, owner, make_route(session), messages=7)
    sign_in(client, owner)
    ask(client, file_type="xlsx")
    made()
    book = load_workbook(io.BytesIO(fetch(client).data))
    assert [sheet.max_row for sheet in book] == [4, 4, 2]
    assert book.sheetnames == ["Messages", "Messages 2", "Messages 3"]
    assert [sheet["A1"].value for sheet in book] == ["number"] * 3


@pytest.mark.parametrize(
    ("kind", "page", "words", "rows"),
    [
        ("tasks", "/tasks", {}, 3),
        ("tasks", "/tasks", {"state": "done"}, 1),
        ("sending", "/sending", {}, 2),
        ("statement", "/statement", {}, 3),
        ("top_ups", "/top-up/history", {}, 0),
    ],
)
def test_every_list_comes_along(client, session, sign_in, owner, made, kind, page, words, rows):
    route = make_route(session)
    make_draft(session, owner, route)
    make_submitted_task(session, owner, route, messages=4)
    make_submitted_task(session, owner, route, state=TaskState.DONE, messages=2, sender_id="HARBOUR")
    sign_in(client, owner)
    ask(client, kind, page, **words)
    export = made()
    found = rows_of(fetch(client).data)
    assert (export.state, export.rows_done, len(found)) == (ExportState.READY, rows, rows)
    if kind == "sending":
        assert [(row["recipients"], row["credits_still_held"], row["sender_id"]) for row in found] == [
            ("2", "2", "HARBOUR"),
            ("4", "4", ""),
        ]
    if kind == "statement":
        assert [row["available_out"] for row in found] == ["", "4", "2"]


def test_what_came_after_the_wish_is_not_in_the_file(client, session, sign_in, owner, made):
    route = make_route(session)
    make_submitted_task(session, owner, route, messages=1, name="Before")
    sign_in(client, owner)
    ask(client)
    make_submitted_task(session, owner, route, messages=1, name="After")
    made()
    assert [row["task"] for row in rows_of(fetch(client).data)] == ["Before"]


def test_a_second_click_gives_the_same_export_and_five_are_enough(client, session, sign_in, owner):
    sign_in(client, owner)
    for _ in range(2):
        ask(client, page=PAGE + "?", number="+61400000001")
    session.rollback()
    assert session.query(RecordExport).count() == 1
    assert session.query(AuditEvent).filter_by(action="records.export").count() == 1
    for number in range(2, 9):
        ask(client, page=PAGE + "?", number=f"+6140000000{number}")
    session.rollback()
    assert session.query(RecordExport).count() == asking.AT_ONCE
    assert "as many as go at once" in client.get(PAGE).text


def test_nobody_uses_up_the_exports_of_a_colleague(client, session, sign_in, owner, made, app, monkeypatch):
    monkeypatch.setattr(asking, "A_DAY", 2)
    viewer = sign_in(app.test_client(), make_user(session, owner.account, role=Role.VIEWER))
    for number in range(3):
        ask(viewer, page=PAGE + "?", number=f"+6140000000{number}")
        made()
    assert session.query(RecordExport).count() == 2
    assert "You have asked for 2 exports within a day" in viewer.get(PAGE).text
    sign_in(client, owner)
    ask(client, page=PAGE + "?", number="+61400000009")
    session.rollback()
    assert session.query(RecordExport).filter_by(user_id=owner.id).count() == 1


def test_an_export_is_cancelled_and_its_job_leaves_no_file(client, session, sign_in, owner, made, app):
    make_submitted_task(session, owner, make_route(session), messages=1)
    sign_in(client, owner)
    ask(client)
    session.rollback()
    export = session.query(RecordExport).one()
    client.submit(f"{PAGE}/{export.public_id}/cancel", page=PAGE)
    made()
    assert (export.state, export.file_key) == (ExportState.CANCELLED, None)
    page = client.get(PAGE).text
    assert "You cancelled it" in page
    assert "data-refresh-url" not in page
    assert client.submit(f"{PAGE}/{export.public_id}/cancel", page=PAGE).location == PAGE


def test_a_cancelled_job_stops_between_two_batches(session, sign_in, client, owner, made, monkeypatch):
    make_submitted_task(session, owner, make_route(session), messages=1)
    sign_in(client, owner)
    ask(client)
    monkeypatch.setattr(making, "_NOTED_EVERY", timedelta(0))
    rows = message_rows.message_rows

    def cancelled_meanwhile(session, account_id, asked):
        session.query(RecordExport).update({"state": ExportState.CANCELLED})
        session.commit()
        yield from rows(session, account_id, asked)

    monkeypatch.setattr(message_rows, "message_rows", cancelled_meanwhile)
    export = made()
    assert (export.state, export.file_key) == (ExportState.CANCELLED, None)


def test_an_xlsx_that_is_not_to_be_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    columns, aside = [sheets.Column("a")], 0

    def half_a_book():
        nonlocal aside
        with sheets.xlsx_sheet(tmp_path / "no.xlsx", columns, ZoneInfo("UTC"), "A") as sheet:
            sheet.write([["one"]])
            aside = len(list(tmp_path.iterdir()))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        half_a_book()
    assert aside == 1
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_made_for_an_account_that_was_suspended(
    client, session, sign_in, owner, made, monkeypatch
):
    sign_in(client, owner)
    ask(client, page=PAGE + "?")
    owner.account.state = AccountState.SUSPENDED
    session.commit()
    export = made()
    assert (export.state, export.file_key) == (ExportState.CANCELLED, None)
    assert "suspended" in export.state_reason


def test_an_error_ends_in_words_and_may_be_tried_again(client, session, sign_in, owner, made, monkeypatch):
    sign_in(client, owner)
    ask(client, page=PAGE + "?")
    monkeypatch.setattr(message_rows, "how_many", lambda *_: 1 / 0)
    assert made().state == ExportState.FAILED
    assert "The file could not be made" in client.get(PAGE).text
    monkeypatch.undo()
    ask(client, page=PAGE + "?")
    session.rollback()
    assert session.query(RecordExport).count() == 2


def test_a_lost_job_is_found_and_a_working_one_is_left_alone(client, session, sign_in, owner, made, app):
    sign_in(client, owner)
    ask(client, page=PAGE + "?")
    session.rollback()
    export = session.query(RecordExport).one()
    export.state, export.run = ExportState.MAKING, 1
    session.commit()
    assert making.stale_exports(session) == []
    assert made().state == ExportState.MAKING
    export.touched_at = now() - timedelta(minutes=6)
    session.commit()
    assert making.stale_exports(session) == [export.id]
    assert (made().state, export.run) == (ExportState.READY, 2)


def test_a_file_expires_and_goes(client, session, sign_in, owner, made, app):
    sign_in(client, owner)
    ask(client, page=PAGE + "?")
    export = made()
    key, settings = export.file_key, app.config["CARILLON"]
    address = re.search(r'href="(/exports/[^/"]+/[^/"]+)" download', client.get(PAGE).text)[1]
    assert client.get(address).status_code == 200
    export.expires_at = now() - timedelta(seconds=1)
    session.commit()
    assert client.get(address).status_code == 404
    assert making.forget_expired(session, settings) == 1
    with pytest.raises(FileNotFoundError):
        next(chunks_of(settings.uploads_url, key))
    assert "Its file is gone" in client.get(PAGE).text


def test_the_address_is_signed_for_the_account_and_good_for_an_hour(
    client, session, sign_in, owner, made, app, monkeypatch
):
    sign_in(client, owner)
    ask(client, page=PAGE + "?")
    export = made()
    address = re.search(r'href="(/exports/[^/"]+/[^/"]+)" download', client.get(PAGE).text)[1]
    # Not the last character: two of its six bits are padding, so that A and B there may be the same signature.
    other = "A" if address[-2] != "A" else "B"
    assert client.get(address[:-2] + other + address[-1]).status_code == 404
    colleague = make_user(session, owner.account, role=Role.SENDER)
    stranger = make_owner(session)
    for other in (colleague, stranger):
        assert sign_in(app.test_client(), other).get(address).status_code == 404
    assert app.test_client().get(address).status_code == 302
    monkeypatch.setattr(asking, "LINK_LIVES", timedelta(seconds=-1))
    answer = client.get(address)
    assert (answer.status_code, answer.location) == (302, PAGE)
    assert export.public_id in client.get(PAGE).text


def test_members_see_their_own_exports_and_the_owner_all(client, session, sign_in, owner, app):
    viewer = make_user(session, owner.account, role=Role.VIEWER, name="Vera Viewer")
    ask(sign_in(app.test_client(), viewer), page=PAGE + "?")
    sign_in(client, owner)
    assert "Vera Viewer" in client.get(PAGE).text
    other = sign_in(app.test_client(), make_user(session, owner.account, role=Role.SENDER))
    assert "Vera Viewer" not in other.get(PAGE).text
    public_id = session.query(RecordExport).one().public_id
    assert other.submit(f"{PAGE}/{public_id}/cancel", page=PAGE + "?").status_code == 404


@pytest.mark.parametrize(
    ("role", "kind"), [(Role.VIEWER, "top_ups"), (Role.SENDER, "evidence"), (Role.BILLING, "evidence")]
)
def test_what_a_role_may_not_read_it_may_not_take_along(client, session, sign_in, owner, role, kind):
    sign_in(client, make_user(session, owner.account, role=role))
    assert ask(client, kind, PAGE).status_code == 403
    assert session.query(RecordExport).count() == 0


def test_words_that_no_page_writes_are_answered_with_words(client, session, sign_in, owner):
    sign_in(client, owner)
    assert ask(client, "passwords", PAGE).status_code == 404
    assert ask(client, page=PAGE, first="2026-02-01", last="2026-01-01").location == PAGE
    assert "Exchange them" in client.get(PAGE).text
    assert ask(client, page=PAGE, first="nonsense").location == PAGE
    assert session.query(RecordExport).count() == 0


def test_the_job_runs_from_the_queue_and_progress_refreshes(client, session, sign_in, owner):
    from jobs import export

    make_submitted_task(session, owner, make_route(session), messages=2)
    sign_in(client, owner)
    ask(client)
    assert f'data-refresh-url="{PAGE}/progress"' in client.get(PAGE).text
    session.rollback()
    export.make(session.query(RecordExport).one().id)
    assert "data-refresh-url" not in client.get(f"{PAGE}/progress").text
    assert session.query(Message).count() == 2
