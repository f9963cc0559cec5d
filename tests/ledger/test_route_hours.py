"""The hourly sums of routes follow every message, and the audit proves them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.database import before_commit, write_transaction
from app.gateways.base import (
    Accepted,
    Deferred,
    DeliveryReport,
    InDoubt,
    Outcome,
    OutgoingMessage,
    Refused,
    ReportStatus,
)
from app.ledger.audit import audit, enforce
from app.ledger.route_hours import RECEIPT_STEPS, receipt_step
from app.models import Account, Message, RouteHour, RouteOutcome, RoutePace, StaffAlert, Task
from app.sending import receipts, sweep
from tests.factories.messages import DELIVERED, IN_DOUBT, age
from tests.factories.tasks import make_settled_task, make_submitted_task
from tests.sending.engine import House, ScriptedGateway, make_house, pump


@pytest.fixture
def house(any_app: Flask, session: Session) -> House:
    return make_house(any_app, session)


def answer_by_row(*outcomes: Outcome) -> Callable[[OutgoingMessage], Outcome]:
    left = list(outcomes)
    return lambda message: left.pop(0) if left else Accepted(f"g-{message.reference}")


def sums(session: Session) -> dict[tuple[str, str], int]:
    """By kind and name, of all hours: one may end while a test runs."""
    session.rollback()
    found: Counter[tuple[str, str]] = Counter()
    for row in session.scalars(select(RouteHour)):
        found[row.kind, row.name] += row.messages
    return {key: messages for key, messages in found.items() if messages}


def time_to_receipt(message: Message) -> str:
    """The step that its receipt is to be counted in, by the times that the message tells."""
    assert message.sent_at is not None
    assert message.final_at is not None
    return receipt_step(int(message.final_at.timestamp()) - int(message.sent_at.timestamp()))


def outcomes(session: Session) -> dict[str, int]:
    session.rollback()
    return {row.outcome: row.messages for row in session.scalars(select(RouteOutcome))}


def hear(house: House, task: Task, *rows: tuple[int, ReportStatus, str | None]) -> None:
    by_row = {message.row: message for message in house.messages(task)}
    reports = [
        DeliveryReport(by_row[row].gateway_id or "", status, error_code=code) for row, status, code in rows
    ]
    with write_transaction(house.session) as session:
        receipts.store_reports(session, house.route_id, reports)
    with write_transaction(house.session) as session:
        receipts.apply_due(session, house.route_id)


def test_answers_and_receipts_move_the_sums(any_app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=5)
    house.session.rollback()
    script = answer_by_row(Refused("invalid_number"), InDoubt("timeout"), Deferred("throttled", 60.0))
    pump(any_app, house.route_id, ScriptedGateway(script, concurrency=1))
    assert sums(house.session) == {
        ("status", "accepted"): 2,
        ("status", "failed"): 1,
        ("status", "in_doubt"): 1,
        ("error", "invalid_number"): 1,
        ("error", "timeout"): 1,
    }
    assert outcomes(house.session) == {"accepted": 2, "refused": 1, "in_doubt": 1, "deferred": 1}
    hear(house, task, (5, ReportStatus.DELIVERED, None), (6, ReportStatus.FAILED, "absent_subscriber"))
    after = sums(house.session)
    assert ("status", "accepted") not in after
    step = time_to_receipt(house.messages(task)[3])
    assert (after["status", "delivered"], after["receipt", step]) == (1, 1)
    assert after["error", "absent_subscriber"] == 1
    assert outcomes(house.session)["delivered"] == 1
    assert audit(house.session).ok


def test_a_doubt_that_is_released_changes_its_code_in_the_hour_it_left(any_app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=1)
    house.session.rollback()
    pump(any_app, house.route_id, ScriptedGateway(answer_by_row(InDoubt("timeout"))))
    age(house.session, timedelta(hours=80))
    with write_transaction(house.session) as session:
        assert sweep.release_old_doubts(session, timedelta(hours=72)) == 1
    assert sums(house.session) == {("status", "failed"): 1, ("error", "no_receipt"): 1}
    (hour,) = {row.hour for row in house.session.scalars(select(RouteHour)) if row.messages}
    left = house.messages(task)[0].sent_at
    assert left is not None
    assert left < now() - timedelta(hours=79)
    assert hour == int(left.timestamp()) // 3600


def test_the_pace_is_what_the_gateway_answered_lately(any_app: Flask, house: House) -> None:
    make_submitted_task(house.session, house.owner, house.route, messages=40)
    house.session.rollback()
    pump(any_app, house.route_id, ScriptedGateway())
    house.session.rollback()
    assert sum(row.messages for row in house.session.scalars(select(RoutePace))) == 40


@pytest.mark.books_broken_on_purpose
def test_the_audit_finds_a_sum_that_strayed_and_stops_nobody_for_it(any_app: Flask, house: House) -> None:
    make_settled_task(house.session, house.owner, house.route, [DELIVERED, IN_DOUBT])
    with write_transaction(house.session) as session:
        session.execute(update(RouteHour).where(RouteHour.name == "delivered").values(messages=7))
    report = audit(house.session)
    (difference,) = report.differences
    assert (difference.account_id, difference.expected, difference.found) == (None, 1, 7)
    assert "delivered" in difference.what
    with write_transaction(house.session) as session:
        enforce(session, report)
    assert house.session.scalar(select(StaffAlert.key)) == "ledger:routes"
    assert house.session.get_one(Account, house.account_id).stopped_reason is None


@pytest.mark.parametrize("seconds", [-5, 0, 1, 2, 3, 4, 59, 60, 61, 86_400, 86_401])
def test_python_and_the_database_agree_on_how_long_a_receipt_took(
    any_app: Flask, house: House, seconds: int
) -> None:
    """At the edges of its steps, with fractions that rounding would carry over."""
    task_id = make_settled_task(house.session, house.owner, house.route, [DELIVERED]).id
    house.session.rollback()
    sent = house.session.scalar(select(Message.sent_at).where(Message.task_id == task_id))
    assert sent is not None
    at = sent.replace(microsecond=999_700)
    with write_transaction(house.session) as session:
        session.execute(
            update(RouteHour).where(RouteHour.kind == "receipt").values(name=receipt_step(seconds))
        )
        values = {"sent_at": at, "final_at": at + timedelta(seconds=seconds)}
        session.execute(update(Message).where(Message.task_id == task_id).values(values))
    assert audit(house.session).ok


def test_a_transaction_that_fails_counts_for_nothing(house: House) -> None:
    written: list[list[int]] = []

    def write(_session: Session, gathered: list[int]) -> None:
        written.append(gathered)

    def fail() -> None:
        with write_transaction(house.session) as session:
            before_commit(session, write, list).append(1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with write_transaction(house.session) as session:
        before_commit(session, write, list).append(2)
        before_commit(session, write, list).append(3)
    assert written == [[2, 3]]
    with pytest.raises(RuntimeError):
        before_commit(house.session, write, list)


def test_transactions_of_many_accounts_on_one_route_do_not_deadlock(any_app: Flask, session: Session) -> None:
    """Each writes the same hour's rows, after its own account's."""
    first = make_house(any_app, session)
    houses = [first, *(make_house(any_app, session) for _ in range(3))]
    tasks = [
        make_submitted_task(session, house.owner, first.route, messages=30)
        for house in houses
        for _ in range(2)
    ]
    session.rollback()
    pump(any_app, first.route_id, ScriptedGateway())
    gateway_ids = [message.gateway_id or "" for task in tasks for message in first.messages(task)]
    reports = [DeliveryReport(gateway_id, ReportStatus.DELIVERED) for gateway_id in gateway_ids]
    for start in range(4):
        with write_transaction(session):
            receipts.insert_reports(session, first.route_id, reports[start::4])

    def apply(_: int) -> None:
        with any_app.app_context():
            from app.extensions import db

            for _round in range(3):
                with write_transaction(db.session()) as own:
                    receipts.apply_due(own, first.route_id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(apply, range(4)))
    with write_transaction(session):
        receipts.apply_due(session, first.route_id)
    assert sums(session)["status", "delivered"] == 240
    assert len(RECEIPT_STEPS) + 1 <= 20  # a row for each that occurs: few enough to read a day's at once
