"""A draft's check reads, judges and prices everything, or discards the draft and says why."""

from __future__ import annotations

import pytest
from flask import Flask

from app.models import BannedWordEntry, Message, Recipient, Rejection, TaskState
from app.stored_files import remove_file
from tests.factories.routes import make_route
from tests.recipients.sheet_files import csv_bytes, xls_bytes, xlsx_bytes
from tests.sending.engine import House, count

ROWS = [
    ["mobile", "name"],
    ["61412000001", "Ann"],
    ["0061412000002", "Ben"],
    ["61412000001", "Ann"],
    ["12", "Cy"],
]
FILES = {
    "csv": csv_bytes(ROWS),
    "txt": csv_bytes([row[:1] for row in ROWS]),
    "xlsx": xlsx_bytes(ROWS),
    "xls": xls_bytes(ROWS),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_file_type_becomes_recipients_rejections_and_a_price(house: House, kind: str) -> None:
    task = house.check(house.bulk(FILES[kind], f"list.{kind}"))
    assert task.state == TaskState.READY, task.state_reason
    assert task.report is not None
    assert task.quote is not None
    assert (task.quote["recipients"], task.quote["total"]) == (2, 2_000)
    assert (count(house.session, Recipient), count(house.session, Rejection)) == (2, 2)
    assert task.report["rows_read"] == 4


def test_prices_follow_the_longest_prefix(house: House) -> None:
    route_id = make_route(house.session, prices={"61": 1_500, "1": 700}).id
    task = house.ready("+61412000001", "+12025550123", "+447400123456", route_id=route_id)
    assert task.quote is not None
    assert task.quote["total"] == 1_500 + 700 + 1_000


def test_merge_fields_are_filled_and_a_row_that_breaks_a_rule_fails_alone(
    any_app: Flask, house: House
) -> None:
    house.session.add(BannedWordEntry(word="casino", category="gambling"))
    house.session.commit()
    rows = [["mobile", "name"], ["61412000001", "Ann"], ["61412000002", "casino"]]
    task = house.check(house.bulk(csv_bytes(rows), "list.csv", content="Dear {name}, come in."))
    assert task.state == TaskState.READY, task.findings
    recipient, rejection = house.session.query(Recipient).one(), house.session.query(Rejection).one()
    assert (recipient.row, recipient.text) == (2, "Dear Ann, come in.")
    assert (rejection.row, rejection.reason) == (3, "content")


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        ("hello there", "+61412000001"),
        ("See https://example.com", "+61412000001"),
        ("Dear {name}, come in.", "+61412000001"),
        ("Come in.", "12, 34"),
    ],
)
def test_nothing_to_send_is_rejected_with_words(house: House, content: str, numbers: str) -> None:
    task = house.check(house.quick(numbers, content=content))
    assert task.state == TaskState.REJECTED
    assert task.state_reason
    assert task.quote is not None
    assert task.quote["total"] == 0


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x00\x01\x02 not a sheet", "list.xlsx"),
        (b"PK\x03\x04 broken", "list.xlsx"),
        (csv_bytes([["mobile"], *([f"614{n:08d}"] for n in range(5_001))]), "long.csv"),
    ],
    ids=["noise", "broken", "over the cap"],
)
def test_a_refused_file_discards_the_task_and_holds_nothing(
    any_app: Flask, house: House, content: bytes, name: str
) -> None:
    task = house.check(house.bulk(content, name))
    assert task.state == TaskState.DISCARDED
    assert task.state_reason
    assert task.quote is None
    assert count(house.session, Recipient) == count(house.session, Message) == 0
    assert house.balance() == (10_000_000, 0)


def test_a_file_that_is_gone_discards_the_task(house: House) -> None:
    task = house.bulk(FILES["csv"], "list.csv")
    assert task.upload_key is not None
    remove_file(house.settings.uploads_url, task.upload_key)
    task = house.check(task)
    assert task.state == TaskState.DISCARDED
    assert "Upload it again" in (task.state_reason or "")


def test_an_unforeseen_error_discards_the_task(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("app.sending.drafting.examining.take_in_typed", explode)
    task = house.ready("+61412000001")
    assert task.state == TaskState.DISCARDED
    assert "could not be read" in (task.state_reason or "")


def test_a_check_whose_job_died_three_times_is_given_up(any_app: Flask, house: House) -> None:
    task = house.quick("+61412000001")
    task.check_attempts = 2
    house.session.commit()
    assert house.check(task).state == TaskState.READY  # the third attempt counts

    task = house.quick("+61412000001")
    task.check_attempts = 3
    house.session.commit()
    task = house.check(task)
    assert task.state == TaskState.DISCARDED
    assert "several times" in (task.state_reason or "")


def test_what_no_database_can_store_is_still_answered(any_app: Flask, house: House) -> None:
    """A NUL is a character to Python and an error to PostgreSQL."""
    task = house.check(house.bulk(csv_bytes([["mobile"], ["61412000001"], ["12\x00\x003"]]), "list.csv"))
    assert task.state in (TaskState.READY, TaskState.DISCARDED)


def test_a_second_check_of_a_checked_draft_does_nothing(house: House) -> None:
    task = house.ready("+61412000001")
    before = task.changed_at
    assert house.check(task).changed_at == before
