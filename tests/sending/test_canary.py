"""A large task sends to a few first, and goes on only when these went well."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.database import write_transaction
from app.gateways.base import Accepted, DeliveryReport, Outcome, OutgoingMessage, Refused, ReportStatus
from app.models import Route, Task, TaskState
from app.sending import canary, receipts, steering
from app.sending.dispatch import claims
from tests.factories.messages import age
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import House, ScriptedGateway, pump

MESSAGES = 600
WAIT = timedelta(minutes=5)


@pytest.fixture
def task(any_app: Flask, house: House) -> Task:
    task = make_submitted_task(house.session, house.owner, house.route, messages=MESSAGES, wants_canary=True)
    with write_transaction(house.session):
        canary.choose(house.session, house.session.get_one(Task, task.id))
    house.session.rollback()
    return task


def judge(session: Session) -> None:
    session.rollback()
    with write_transaction(session):
        canary.judge_all(session, 0.3, WAIT)


def hear(house: House, task: Task, count: int) -> None:
    """So many of those that were accepted have their receipts."""
    ids = [message.gateway_id for message in house.messages(task) if message.status == "accepted"][:count]
    reports = [DeliveryReport(str(each), ReportStatus.DELIVERED) for each in ids]
    house.session.rollback()
    with write_transaction(house.session):
        receipts.insert_reports(house.session, house.route_id, reports)
    with write_transaction(house.session):
        receipts.apply_due(house.session, house.route_id)


def test_only_the_first_few_leave_until_enough_receipts_are_in(
    any_app: Flask, house: House, task: Task
) -> None:
    gateway = ScriptedGateway()
    pump(any_app, house.route_id, gateway)
    assert len(gateway.sent) == canary.SIZE
    judge(house.session)
    assert claims.routes_with_work(house.session) == []
    hear(house, task, 13)
    judge(house.session)
    assert house.now(task).canary_last_id is not None
    hear(house, task, 1)  # the other six are 30 %: they could all fail
    judge(house.session)
    assert house.now(task).canary_last_id is None
    assert claims.routes_with_work(house.session) == [house.route_id]
    house.session.rollback()
    pump(any_app, house.route_id, gateway)
    assert len(gateway.sent) == MESSAGES


def test_silence_ends_after_a_set_time(any_app: Flask, house: House, task: Task) -> None:
    pump(any_app, house.route_id, ScriptedGateway())
    house.session.rollback()
    age(house.session, WAIT)
    judge(house.session)
    assert house.now(task).canary_last_id is None


def test_a_route_without_receipts_is_judged_by_its_answers(any_app: Flask, house: House, task: Task) -> None:
    house.session.execute(update(Route).values(gives_reports=False))
    house.session.commit()
    judge(house.session)
    assert house.now(task).canary_last_id is not None  # nothing has left yet
    house.session.rollback()
    pump(any_app, house.route_id, ScriptedGateway())
    judge(house.session)
    assert house.now(task).canary_last_id is None


def test_too_many_failures_pause_the_task_and_ask(any_app: Flask, house: House, task: Task) -> None:
    gateway = ScriptedGateway()

    def answer(message: OutgoingMessage) -> Outcome:
        return Refused("rejected_request") if len(gateway.sent) <= 7 else Accepted(message.reference)

    gateway.answer = answer
    pump(any_app, house.route_id, gateway)
    judge(house.session)
    paused = house.now(task)
    assert paused.state == TaskState.PAUSED
    assert paused.state_reason is not None
    assert "Of the first 20, 7 failed" in paused.state_reason
    assert "580 wait" in paused.state_reason
    with write_transaction(house.session):  # whoever resumes it has decided
        steering.resume(house.session, house.account_id, task.public_id)
    house.session.rollback()
    pump(any_app, house.route_id, gateway)
    assert house.statuses(task) == {"accepted": MESSAGES - 7, "failed": 7}


@pytest.mark.parametrize(("wants", "messages"), [(False, 600), (True, 500)])
def test_a_task_that_is_small_or_does_not_want_one_has_none(house: House, wants: bool, messages: int) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=messages, wants_canary=wants)
    with write_transaction(house.session):
        canary.choose(house.session, house.session.get_one(Task, task.id))
    assert house.now(task).canary_last_id is None
