"""A destination's own rules fail the rows that go there, and a route's switches change what is allowed."""

from __future__ import annotations

from flask import Flask

from app.content.switches import Switches
from app.models import Rejection, TaskState
from tests.factories.routes import make_route
from tests.recipients.sheet_files import csv_bytes
from tests.sending.engine import House

AUSTRALIA, MALAYSIA = "+61412000001", "+60123456789"
CALL = "Your parcel is here. Call 03 9123 4567 to have it sent."


def test_a_text_against_a_countrys_rules_fails_the_rows_to_that_country(any_app: Flask, house: House) -> None:
    task = house.ready(AUSTRALIA, MALAYSIA, content=CALL)
    assert task.state == TaskState.READY
    assert task.quote is not None
    assert task.quote["recipients"] == 1
    rejection = house.session.query(Rejection).one()
    assert rejection.reason == "country_rule"
    assert rejection.message.startswith("Malaysia has rules of its own.")


def test_a_task_to_that_country_alone_is_rejected_with_words(house: House) -> None:
    task = house.ready(MALAYSIA, content=CALL)
    assert task.state == TaskState.REJECTED
    assert "country whose own rules" in (task.state_reason or "")


def test_merged_rows_are_told_apart_by_their_country(house: House) -> None:
    rows = [["mobile", "where"], [AUSTRALIA, "call 03 9123 4567"], [MALAYSIA, "call 03 9123 4567"]]
    rows.append(["+60123456788", "come in"])
    task = house.check(house.bulk(csv_bytes(rows), "list.csv", content="Your parcel is here: {where}."))
    assert task.state == TaskState.READY
    rejection = house.session.query(Rejection).one()
    assert (rejection.row, rejection.reason) == (3, "country_rule")


def test_a_word_split_by_a_field_is_seen(house: House) -> None:
    rows = [["mobile", "x"], [AUSTRALIA, "l"]]
    task = house.check(house.bulk(csv_bytes(rows), "list.csv", content="he{x}llo, your parcel is here."))
    assert task.state == TaskState.REJECTED


def test_a_route_that_allows_unicode_counts_seventy_and_sixty_seven(house: House) -> None:
    text = "Żółw " * 15  # 75 units
    assert house.ready(AUSTRALIA, content=text).state == TaskState.REJECTED
    route = make_route(house.session, content_switches=Switches(alphabet=None).to_json())
    task = house.ready(AUSTRALIA, content=text, route_id=route.id)
    assert task.state == TaskState.READY, task.findings
    assert task.quote is not None
    assert task.quote["segments"] == 2
