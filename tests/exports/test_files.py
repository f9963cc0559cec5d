"""What stands in the files: every row of the list once, in its order, and no formula."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from app.exports import message_rows, sheets
from app.models import ExportState, TaskState
from tests.exports.conftest import PAGE, ask, fetch, rows_of
from tests.factories.accounts import make_account
from tests.factories.messages import DELIVERED, REFUSED
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_settled_task, make_submitted_task
from tests.factories.users import make_owner


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
