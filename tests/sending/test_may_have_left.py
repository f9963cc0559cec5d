"""What waits for a second try may have left by its first: it is never released as if it surely had not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.accounts import standing
from app.clock import now
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.extensions import db
from app.gateways.base import (
    Accepted,
    Deferred,
    DeliveryReport,
    InDoubt,
    Outcome,
    OutgoingMessage,
    ReportStatus,
)
from app.gateways.errors import ErrorCode
from app.models import Message, Receipt, Suppression, Task, TaskState
from app.sending import receipts, steering, suppressed, sweep
from app.sending.dispatch import claims, outcomes
from tests.factories.messages import age
from tests.factories.tasks import make_submitted_task
from tests.factories.users import make_staff
from tests.sending.engine import SPANS, House, ScriptedGateway, pump

FULL = 10_000_000
DAY = timedelta(days=1)


@pytest.fixture
def task(any_app: Flask, house: House) -> Task:
    """Of its three messages the first was sent, nobody knows whether it arrived, and is to be sent again later.

    The second was put off, so that it surely has not left; the third has not been tried.
    """
    task = make_submitted_task(house.session, house.owner, house.route, messages=3)
    first, second, third = house.messages(task)
    answers = {first.reference: InDoubt(ErrorCode.TIMEOUT), second.reference: Deferred(ErrorCode.THROTTLED)}
    third.not_before = now() + timedelta(minutes=5)
    house.session.commit()
    pump(any_app, house.route_id, ScriptedGateway(lambda sent: answers[sent.reference], dedupes=True))
    assert house.statuses(task) == {"queued": 3}
    return task


def in_transaction(house: House, act: Callable[..., object], *arguments: object, **more: object) -> None:
    house.session.rollback()
    with write_transaction(house.session):
        act(house.session, *arguments, **more)


def cancel(house: House, task: Task) -> None:
    in_transaction(house, steering.cancel, house.account_id, task.public_id)


def cancel_by_staff(house: House, task: Task) -> None:
    in_transaction(house, steering.cancel, house.account_id, task.public_id, by_staff=True)


def pause(house: House, task: Task) -> None:
    in_transaction(house, steering.pause, house.account_id, task.public_id)


def pause_then_cancel(house: House, task: Task) -> None:
    pause(house, task)
    cancel(house, task)


def run_out_of_time(house: House, task: Task) -> None:
    house.session.execute(update(Task).values(send_before=now()))
    house.session.commit()
    in_transaction(house, sweep.release_too_late)


def run_out_of_time_while_paused(house: House, task: Task) -> None:
    pause(house, task)
    run_out_of_time(house, task)


def suppress(house: House, task: Task) -> None:
    with write_transaction(house.session):
        house.session.add_all(
            Suppression(account_id=house.account_id, e164=each.e164, source="added")
            for each in house.messages(task)
        )
    in_transaction(house, suppressed.leave_out_suppressed, task.id)


def close_account(house: House, task: Task) -> None:
    actor = Actor.of(make_staff(house.session), "192.0.2.1")
    in_transaction(house, standing.close, actor, house.account_id, "Gone")


def suspend(house: House, task: Task) -> None:
    actor = Actor.of(make_staff(house.session), "192.0.2.1")
    in_transaction(house, standing.suspend, actor, house.account_id, "Unpaid")


ENDS = [
    cancel, cancel_by_staff, pause_then_cancel, run_out_of_time, run_out_of_time_while_paused, suppress, close_account,
]  # fmt: skip


def report(house: House, task: Task, status: ReportStatus) -> None:
    """The carrier tells what became of the first message, by our reference."""
    reference = house.messages(task)[0].reference
    house.session.rollback()
    with write_transaction(house.session):
        heard = DeliveryReport(f"g-{reference}", status, reference)
        receipts.store_reports(house.session, house.route_id, [heard])
    house.session.execute(update(Receipt).values(retry_at=now()))
    house.session.commit()
    in_transaction(house, receipts.apply_due, house.route_id)


@pytest.mark.parametrize("end", ENDS)
def test_calling_a_task_off_releases_what_surely_has_not_left_and_no_more(
    house: House, task: Task, end: Callable[[House, Task], None]
) -> None:
    end(house, task)
    assert [each.status for each in house.messages(task)] == ["in_doubt", "cancelled", "cancelled"]
    assert house.balance() == (FULL - 1_000, 1_000)


@pytest.mark.parametrize(
    ("status", "paid"), [(ReportStatus.DELIVERED, 1_000), (ReportStatus.FAILED, 0), (None, 0)]
)
def test_then_the_first_final_word_or_the_set_time_settles_the_money(
    house: House, task: Task, status: ReportStatus | None, paid: int
) -> None:
    cancel(house, task)
    if status is not None:
        report(house, task, status)
    in_transaction(house, sweep.release_old_doubts, timedelta(hours=72))
    assert house.balance()[1] == (0 if status else 1_000)
    age(house.session, 4 * DAY, Message.task_id == task.id)
    in_transaction(house, sweep.release_old_doubts, timedelta(hours=72))
    assert house.balance() == (FULL - paid, 0)
    assert house.now(task).state == TaskState.CANCELLED


@pytest.mark.parametrize("halt", [pause, suspend])
def test_a_receipt_settles_what_waits_for_its_second_try(
    any_app: Flask, house: House, task: Task, halt: Callable[[House, Task], None]
) -> None:
    halt(house, task)
    assert house.statuses(task) == {"queued": 3}
    assert house.balance() == (FULL - 3_000, 3_000)
    report(house, task, ReportStatus.DELIVERED)
    assert [each.status for each in house.messages(task)] == ["delivered", "queued", "queued"]
    assert house.balance() == (FULL - 3_000, 2_000)
    if halt is pause:
        in_transaction(house, steering.resume, house.account_id, task.public_id)
        house.session.execute(update(Message).values(not_before=None))
        house.session.commit()
        gateway = ScriptedGateway(dedupes=True)
        pump(any_app, house.route_id, gateway)
        assert len(gateway.sent) == 2


def test_a_receipt_for_what_surely_has_not_left_still_waits(house: House, task: Task) -> None:
    second = house.messages(task)[1]
    heard = DeliveryReport("g-2", ReportStatus.DELIVERED, second.reference)
    in_transaction(house, receipts.store_reports, house.route_id, [heard])
    in_transaction(house, receipts.apply_due, house.route_id)
    assert house.statuses(task) == {"queued": 3}


def test_a_second_try_that_is_put_off_after_the_task_was_cancelled_leaves_the_doubt_of_the_first(
    any_app: Flask, house: House, task: Task
) -> None:
    public_id, account_id = task.public_id, house.account_id
    house.session.execute(update(Message).values(not_before=None))
    house.session.commit()

    def cancel_meanwhile(sent: OutgoingMessage) -> Outcome:
        with any_app.app_context(), Session(db.engine) as other, write_transaction(other):
            steering.cancel(other, account_id, public_id)
        return Deferred(ErrorCode.THROTTLED)

    pump(any_app, house.route_id, ScriptedGateway(cancel_meanwhile, dedupes=True))
    assert [each.status for each in house.messages(task)] == ["in_doubt", "cancelled", "cancelled"]
    assert house.balance() == (FULL - 1_000, 1_000)


def test_what_may_have_left_does_not_leave_again_by_a_gateway_that_knows_our_references_no_more(
    any_app: Flask, house: House, task: Task
) -> None:
    """Staff changed the route meanwhile."""
    house.session.execute(update(Message).values(not_before=None))
    house.session.commit()
    gateway = ScriptedGateway()
    pump(any_app, house.route_id, gateway)
    first, *others = house.messages(task)
    assert sorted(gateway.references) == sorted(each.reference for each in others)
    assert first.status == "sending"
    lapse(house)
    in_transaction(house, sweep.doubt_lapsed_sends, frozenset())
    assert [each.status for each in house.messages(task)] == ["in_doubt", "accepted", "accepted"]


def test_a_late_answer_still_finds_what_was_swept_and_then_called_off(house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=1)
    can = ScriptedGateway(dedupes=True).capabilities
    with write_transaction(house.session):
        lease = claims.acquire_lease(house.session, house.route_id, "a pump", SPANS)
        assert lease is not None
        taken = claims.take(house.session, lease, 1, 5.0, lease.taking(0))
    lapse(house)
    in_transaction(house, sweep.doubt_lapsed_sends, frozenset({house.route_id}))
    assert house.statuses(task) == {"queued": 1}
    cancel(house, task)
    assert house.statuses(task) == {"in_doubt": 1}
    in_transaction(house, outcomes.record, [(taken[0], Deferred(ErrorCode.THROTTLED))], can)
    assert house.statuses(task) == {"in_doubt": 1}
    in_transaction(house, outcomes.record, [(taken[0], Accepted("g-1"))], can)
    assert house.statuses(task) == {"accepted": 1}
    assert house.balance() == (FULL - 1_000, 0)


def lapse(house: House) -> None:
    """The claims of everything on the wire are over."""
    house.session.rollback()
    house.session.execute(
        update(Message).where(Message.status == "sending").values(claim_expires_at=now() - DAY)
    )
    house.session.commit()
