"""Where a route wants it, a bulk task's text goes out as a test first."""

from __future__ import annotations

import pytest
from flask import Flask

from app.errors import TaskRefused
from app.models import Task, TaskState
from tests.factories.accounts import make_account
from tests.factories.messages import ACCEPTED, REFUSED
from tests.factories.tasks import make_settled_task
from tests.factories.users import make_owner
from tests.sending.engine import CONTENT, House

FILE = b"number,name\n+61412000001,Ada\n+61412000002,Grace\n"


@pytest.fixture
def strict(any_app: Flask, house: House) -> House:
    house.route.requires_test = True
    house.session.commit()
    return house


def bulk(house: House, content: str = CONTENT) -> Task:
    return house.check(house.bulk(FILE, "numbers.csv", content=content))


def test_a_bulk_task_is_taken_once_its_text_went_out_as_a_quick_message(strict: House) -> None:
    task = bulk(strict)
    with pytest.raises(TaskRefused, match="quick message"):
        strict.submit(task)
    assert strict.balance()[1] == 0
    of = {"content": CONTENT, "sender_id": "BISTRO"}
    make_settled_task(
        strict.session, strict.owner, strict.route, [ACCEPTED], content=CONTENT, sender_id="OTHER"
    )
    with pytest.raises(TaskRefused, match="quick message"):
        strict.submit(strict.now(task))
    make_settled_task(strict.session, strict.owner, strict.route, [ACCEPTED], **of)
    assert strict.submit(strict.now(task)).state == TaskState.RUNNING


def test_what_one_of_its_rows_reads_is_test_enough(strict: House) -> None:
    task = bulk(strict, "Your parcel is at the counter, {name}.")
    assert task.state == TaskState.READY
    said = {"content": "Your parcel is at the counter, Ada.", "sender_id": "BISTRO"}
    make_settled_task(strict.session, strict.owner, strict.route, [ACCEPTED], **said)
    assert strict.submit(strict.now(task)).state == TaskState.RUNNING


def test_another_text_a_failed_test_and_anothers_test_do_not_count(strict: House) -> None:
    task = bulk(strict)
    session, route = strict.session, strict.route
    make_settled_task(session, strict.owner, route, [ACCEPTED], content="Another text.", sender_id="BISTRO")
    make_settled_task(session, strict.owner, route, [REFUSED], content=CONTENT, sender_id="BISTRO")
    stranger = make_owner(session, make_account(session, available=10_000))
    make_settled_task(session, stranger, route, [ACCEPTED], content=CONTENT, sender_id="BISTRO")
    with pytest.raises(TaskRefused, match="quick message"):
        strict.submit(strict.now(task))


def test_a_quick_message_needs_no_test(strict: House) -> None:
    assert strict.submit(strict.ready("+61412000001")).state == TaskState.RUNNING


def test_the_review_offers_the_test_and_leads_to_its_draft(client, sign_in, house: House) -> None:  # type: ignore[no-untyped-def]
    house.route.requires_test = True
    house.session.commit()
    task = bulk(house)
    page = f"/tasks/{task.public_id}"
    sign_in(client, house.owner)
    shown = client.get(f"{page}/review").text
    assert "Send a test first" in shown
    assert "Accept and submit" not in shown
    said = client.submit(f"{page}/test", {"number": " "}, page=f"{page}/review", follow_redirects=True)
    assert "Enter the number" in said.text
    answer = client.submit(f"{page}/test", {"number": "+61412000009"}, page=f"{page}/review")
    assert answer.status_code == 303
    house.session.rollback()
    draft = house.session.query(Task).filter_by(kind="quick").one()
    assert answer.location == f"/tasks/{draft.public_id}/review"
    assert (draft.content, draft.typed_recipients, draft.route_id) == (
        CONTENT,
        "+61412000009",
        house.route_id,
    )
