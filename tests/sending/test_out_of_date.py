"""A check does not hold for ever: prices, routes and rules change, and a draft may wait for months."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.accounts.terms import current_terms
from app.clock import now
from app.content.switches import Switches
from app.database import write_transaction
from app.models import BannedWordEntry, Message, Task, TaskState
from app.sending.drafting.drafts import check_again
from app.sending.out_of_date import OutOfDate
from tests.recipients.sheet_files import csv_bytes
from tests.sending.engine import House, count

A, B, C = "+61412000001", "+61412000002", "+60123456789"


def merged(house: House, word: str = "Fruit") -> Task:
    rows = [["mobile", "what"], [A, "Bread"], [B, word]]
    return house.check(house.bulk(csv_bytes(rows), "list.csv", content="{what} is at the counter."))


def ban(house: House) -> None:
    house.session.add(BannedWordEntry(word="fruit", category="other", severity="block"))


def close_malaysia(house: House) -> None:
    house.route.blocked_prefixes = ["60"]


def ask_for_more(house: House) -> None:
    house.route.minimum_recipients = 3


def be_stricter(house: House) -> None:
    house.route.content_switches = {**Switches().to_json(), "call_back": "block"}


def refused(house: House, task: Task) -> None:
    before = house.balance()
    with pytest.raises(OutOfDate):
        house.submit(task)
    assert (house.balance(), count(house.session, Message)) == (before, 0)


def test_a_word_banned_since_stops_a_draft_whose_rows_say_it(any_app: Flask, house: House) -> None:
    task = merged(house)
    ban(house)
    house.session.commit()
    refused(house, task)
    with write_transaction(house.session):
        check_again(house.session, house.account_id, task.public_id)
    again = house.check(task)
    assert (again.state, again.quote["recipients"]) == (TaskState.READY, 1)
    assert house.submit(again).state == TaskState.RUNNING


@pytest.mark.parametrize("change", [close_malaysia, ask_for_more, be_stricter])
def test_what_the_route_takes_no_more_does_not_go_out(house: House, change: Callable[[House], None]) -> None:
    rows = [["mobile", "what"], [A, "Bread"], [C, "Fruit"]]
    task = house.check(house.bulk(csv_bytes(rows), "list.csv", content="{what} is here."))
    change(house)
    house.session.commit()
    refused(house, task)


def test_what_changes_nothing_for_a_draft_does_not_stop_it(house: House) -> None:
    plain, rows = house.ready(A), merged(house)
    house.route.description = "Another description"
    house.route.rate = 7
    house.session.commit()
    assert house.submit(rows).state == TaskState.RUNNING
    ban(house)
    house.session.commit()
    assert house.submit(plain).state == TaskState.RUNNING  # whose only text is judged anew


def test_a_price_is_good_for_a_day(house: House) -> None:
    task = house.ready(A)
    house.route.price_per_segment = 9_000
    house.session.execute(
        update(Task).where(Task.id == task.id).values(changed_at=now() - timedelta(hours=24, seconds=1))
    )
    house.session.commit()
    refused(house, task)


def test_the_review_checks_it_again_and_says_why(client, sign_in, house: House) -> None:  # type: ignore[no-untyped-def]
    task = merged(house)
    ban(house)
    house.session.commit()
    sign_in(client, house.owner)
    page = f"/tasks/{task.public_id}/review"
    values = {
        "check_run": task.check_run,
        "terms_version": current_terms(house.session).version,
        "accept": "y",
    }
    answer = client.submit(f"/tasks/{task.public_id}/submit", values, page=page)
    assert answer.status_code == 303
    assert house.now(task).state == TaskState.CHECKING
    assert "is being checked again" in client.get(page).text
