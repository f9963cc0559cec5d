"""A submission holds its whole price and queues its messages, once, or leaves everything as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.errors import Conflict, InsufficientCredit, LedgerStopped, TaskRefused
from app.models import Account, EntryKind, LedgerEntry, Message, MessageStatus, Recipient, Task, TaskState
from app.sending import submission
from app.sending.drafting import drafts
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.users import make_owner
from tests.sending.engine import House, at_once, count

NUMBERS = ("+61412000001", "+61412000002", "+61412000003")


def test_the_quote_is_held_and_the_messages_are_queued(any_app: Flask, house: House) -> None:
    task = house.submit(house.ready(*NUMBERS))
    assert (task.state, task.total, task.price) == (TaskState.RUNNING, 3, 3_000)
    assert house.balance() == (9_997_000, 3_000)
    messages = house.messages(task)
    assert [message.e164 for message in messages] == list(NUMBERS)
    assert {message.status for message in messages} == {MessageStatus.QUEUED}
    assert len({message.reference for message in messages}) == 3
    assert count(house.session, Recipient) == 0


def test_a_second_click_changes_nothing(any_app: Flask, house: House) -> None:
    task = house.ready(*NUMBERS)
    run = task.check_run
    first = house.submit(task, run)
    second = house.submit(task, run)
    assert first.id == second.id
    assert count(house.session, Message) == 3
    assert house.balance() == (9_997_000, 3_000)


def test_clicks_at_the_same_moment_submit_once(any_app: Flask, house: House) -> None:
    task = house.ready(*NUMBERS)
    public_id, account_id, user_id = task.public_id, house.account_id, house.owner.id
    house.session.rollback()

    def submit(session: Session) -> str:
        with write_transaction(session):
            task = submission.submit(
                session, account_id, public_id, user_id=user_id, check_run=1, terms_version="1", ip="::1"
            )
            return task.state

    assert at_once(any_app, [submit] * 8) == {"running": 8}
    assert count(house.session, LedgerEntry, LedgerEntry.kind == EntryKind.HOLD) == 1
    assert house.balance() == (9_997_000, 3_000)


def test_fifty_submissions_at_once_on_one_balance_never_overdraw(any_app: Flask, session: Session) -> None:
    owner = make_owner(session, make_account(session, available=20_999))
    route, account_id, user_id = make_route(session), owner.account_id, owner.id
    assert account_id is not None
    tasks = [_ready_draft(session, owner.id, account_id, route.id, number) for number in range(50)]
    session.rollback()

    def act(public_id: str):  # type: ignore[no-untyped-def]
        def submit(session: Session) -> str:
            try:
                with write_transaction(session):
                    submission.submit(
                        session, account_id, public_id,
                        user_id=user_id, check_run=1, terms_version="1", ip="::1",
                    )  # fmt: skip
            except InsufficientCredit:
                return "refused"
            return "submitted"

        return submit

    assert at_once(any_app, [act(public_id) for public_id in tasks]) == {"submitted": 10, "refused": 40}
    account = session.get_one(Account, account_id, populate_existing=True)
    assert (account.available, account.held) == (999, 20_000)
    assert count(session, Message) == 20
    assert count(session, Task, Task.state == TaskState.RUNNING) == 10


def test_the_last_millicredit_may_be_spent_and_one_less_is_refused(any_app: Flask, house: House) -> None:
    task = house.ready(*NUMBERS)
    account = house.session.get_one(Account, house.account_id)
    short = account.available - 2_999
    with write_transaction(house.session):
        _spend(house, short)
    with pytest.raises(InsufficientCredit):
        house.submit(task)
    assert house.now(task).state == TaskState.READY
    assert count(house.session, Message) == 0
    assert count(house.session, Recipient) == 3
    assert house.balance() == (2_999, 0)

    with write_transaction(house.session):
        _spend(house, -1)
    assert house.submit(task).state == TaskState.RUNNING
    assert house.balance() == (0, 3_000)


def test_a_review_that_is_out_of_date_is_refused(house: House) -> None:
    task = house.ready(*NUMBERS)
    seen = task.check_run
    with write_transaction(house.session):
        drafts.edit(house.session, house.account_id, task.public_id, house.request(content="Come in."))
    with pytest.raises(TaskRefused):
        house.submit(task, seen)
    house.check(task)
    with pytest.raises(Conflict):
        house.submit(task, seen)
    assert house.submit(house.now(task)).content == "Come in."


def test_a_route_closed_meanwhile_is_refused(house: House) -> None:
    task = house.ready(*NUMBERS)
    house.route.open = False
    house.session.commit()
    with pytest.raises(TaskRefused):
        house.submit(task)
    assert house.balance() == (10_000_000, 0)


def test_a_price_changed_after_the_review_stays_as_it_was_quoted(house: House) -> None:
    task = house.ready(*NUMBERS)
    house.route.price_per_segment = 9_000
    house.session.commit()
    assert house.submit(task).price == 3_000


def test_an_account_stopped_by_the_audit_is_refused(house: House) -> None:
    task = house.ready(*NUMBERS)
    house.session.get_one(Account, house.account_id).stopped_reason = "The books differ."
    house.session.commit()
    with pytest.raises(LedgerStopped):
        house.submit(task)
    assert count(house.session, Message) == 0


@pytest.mark.parametrize("typed", ["12", ""])
def test_a_draft_without_recipients_is_never_submitted(house: House, typed: str) -> None:
    task = house.check(house.quick(typed))
    with pytest.raises(TaskRefused):
        house.submit(task)


def test_rows_that_do_not_add_up_to_the_quote_are_refused(house: House) -> None:
    task = house.ready(*NUMBERS)
    house.session.delete(house.session.scalars(select(Recipient)).first())
    house.session.commit()
    with pytest.raises(TaskRefused, match="price"):
        house.submit(task)


def test_what_costs_nothing_holds_nothing(any_app: Flask, session: Session, house: House) -> None:
    route_id = make_route(session, price_per_segment=0).id
    task = house.submit(house.ready(*NUMBERS, route_id=route_id))
    assert (task.state, task.price) == (TaskState.RUNNING, 0)
    assert house.balance() == (10_000_000, 0)


def test_a_later_time_is_kept_and_a_time_gone_by_means_now(house: House) -> None:
    later = house.submit(house.ready(*NUMBERS, scheduled_at=now() + timedelta(hours=2)))
    assert (later.state, later.started_at) == (TaskState.SCHEDULED, None)
    assert house.submit(house.ready(*NUMBERS, scheduled_at=now() - timedelta(minutes=1))).state == "running"


def test_a_submission_asks_for_its_pump_and_a_second_does_not_ask_twice(house: House, redis: Redis) -> None:
    redis.flushall()
    house.submit(house.ready(*NUMBERS))
    house.submit(house.ready(*NUMBERS))
    assert redis.llen("rq:queue:dispatch") == 1


def _spend(house: House, amount: int) -> None:
    from app.ledger import transfers

    transfers.adjust(
        house.session, house.account_id, -amount, f"spend:{amount}", user_id=None, note="for a test"
    )


def _ready_draft(session: Session, user_id: int, account_id: int, route_id: int, number: int) -> str:
    """A checked draft to two recipients at one credit each, written without a check: fifty would take long."""
    task = Task(
        account_id=account_id, user_id=user_id, route_id=route_id, kind="quick", name="One of fifty",
        state=TaskState.READY, content="Come in.", check_run=1, submission_key=f"k{number}",
        quote={"recipients": 2, "segments": 2, "total": 2_000, "lines": []},
    )  # fmt: skip
    session.add(task)
    session.flush()
    session.add_all(
        Recipient(task_id=task.id, row=row, e164=f"+6141200000{row}", region="AU", segments=1, price=1_000)
        for row in (1, 2)
    )
    session.commit()
    return task.public_id
