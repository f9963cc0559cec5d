"""Each receipt is kept once and applied once; the first final one settles the money."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from redis import Redis
from rq import SimpleWorker
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

import jobs.receipts
from app.clock import now
from app.database import write_transaction
from app.gateways import signature
from app.gateways.base import Accepted, DeliveryReport, InDoubt, ReportStatus
from app.models import Receipt, Task, TaskState
from app.sending import receipts
from app.sending.receipts import apply_due, store_reports
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import House, ScriptedGateway, at_once, count, make_house, pump

DELIVERED, FAILED, BUFFERED = ReportStatus.DELIVERED, ReportStatus.FAILED, ReportStatus.BUFFERED


def sent(app: Flask, house: House, messages: int = 1) -> Task:
    """A task whose messages were all accepted, each under the id g-<reference>."""
    task = make_submitted_task(house.session, house.owner, house.route, messages=messages)
    house.session.rollback()
    pump(app, house.route_id, ScriptedGateway())
    return house.now(task)


def store(house: House, *reports: DeliveryReport, route_id: int | None = None) -> None:
    with write_transaction(house.session):
        store_reports(house.session, route_id or house.route_id, reports)


def apply(house: House) -> int:
    """One batch, with every wait over."""
    house.session.rollback()
    house.session.execute(update(Receipt).values(retry_at=now()))
    house.session.commit()
    with write_transaction(house.session):
        return apply_due(house.session, house.route_id)


def outcomes(house: House) -> list[str | None]:
    house.session.rollback()
    return list(house.session.scalars(select(Receipt.outcome).order_by(Receipt.id)))


def report(house: House, task: Task, status: ReportStatus, row: int = 0) -> DeliveryReport:
    message = house.messages(task)[row]
    return DeliveryReport(f"g-{message.reference}", status, None, "expired" if status is FAILED else None)


def test_many_receipts_repeated_and_shuffled_end_as_one_of_each_would(any_app: Flask, house: House) -> None:
    task = sent(any_app, house, 60)
    statuses = [DELIVERED if row % 3 else FAILED for row in range(60)]
    reports = [report(house, task, status, row) for row, status in enumerate(statuses)] * 4
    random.Random(4).shuffle(reports)
    for start in range(0, len(reports), 25):
        store(house, *reports[start : start + 25])
        if start % 2:
            apply(house)
    apply(house)
    assert count(house.session, Receipt) == 60
    assert [m.status for m in house.messages(task)] == [status.value for status in statuses]
    assert house.balance() == (10_000_000 - 40_000, 0)
    assert house.now(task).state == TaskState.DONE


def test_the_same_receipts_by_two_callbacks_at_once_are_kept_once(any_app: Flask, house: House) -> None:
    task = sent(any_app, house, 80)
    reports = [report(house, task, DELIVERED, row) for row in range(80)]
    route_id = house.route_id
    house.session.rollback()

    def store(order: int):  # type: ignore[no-untyped-def]
        shuffled = random.Random(order).sample(reports, len(reports))

        def act(session: Session) -> str:
            with write_transaction(session):
                store_reports(session, route_id, shuffled)
            return "stored"

        return act

    assert at_once(any_app, [store(order) for order in range(6)]) == {"stored": 6}
    assert count(house.session, Receipt) == 80


def test_a_receipt_before_its_submissions_answer_waits_for_it(any_app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=1)
    reference = house.messages(task)[0].reference
    store(house, DeliveryReport("g-" + reference, DELIVERED, reference))
    assert apply(house) == 1
    assert outcomes(house) == [None]
    pump(any_app, house.route_id, ScriptedGateway())
    apply(house)
    assert outcomes(house) == ["applied"]
    assert house.statuses(task) == {"delivered": 1}


def test_a_message_in_doubt_is_found_by_our_reference(any_app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=1)
    house.session.rollback()
    pump(any_app, house.route_id, ScriptedGateway(lambda _: InDoubt("timeout")))
    store(house, DeliveryReport("theirs", DELIVERED, house.messages(task)[0].reference))
    apply(house)
    message = house.messages(task)[0]
    assert (message.status, message.gateway_id, message.money) == ("delivered", "theirs", "charged")


@pytest.mark.parametrize(("first", "second"), [(DELIVERED, FAILED), (FAILED, DELIVERED)])
def test_the_first_final_status_stands(
    any_app: Flask, house: House, first: ReportStatus, second: ReportStatus
) -> None:
    task = sent(any_app, house)
    store(house, report(house, task, first))
    apply(house)
    balance = house.balance()
    store(house, report(house, task, second))
    apply(house)
    assert outcomes(house) == ["applied", "contradicts"]
    assert house.statuses(task) == {first.value: 1}
    assert house.balance() == balance


def test_both_final_statuses_in_one_batch_count_in_the_order_in_which_they_came(
    any_app: Flask, house: House
) -> None:
    task = sent(any_app, house)
    store(house, report(house, task, FAILED))
    store(house, report(house, task, DELIVERED))
    assert apply(house) == 2
    assert outcomes(house) == ["applied", "contradicts"]


def test_a_buffered_message_is_not_yet_anything(any_app: Flask, house: House) -> None:
    task = sent(any_app, house)
    store(house, report(house, task, BUFFERED))
    apply(house)
    assert outcomes(house) == ["noted"]
    assert house.statuses(task) == {"accepted": 1}


@pytest.mark.parametrize("refunds", [True, False])
def test_a_late_failure_is_refunded_where_the_route_does(
    any_app: Flask, session: Session, refunds: bool
) -> None:
    house = make_house(any_app, session)
    task = make_submitted_task(session, house.owner, house.route, refund_failed_receipt=refunds, messages=1)
    session.rollback()
    pump(any_app, house.route_id, ScriptedGateway())
    store(house, report(house, task, FAILED))
    apply(house)
    assert house.balance() == (10_000_000 - (0 if refunds else 1_000), 0)


def test_of_messages_with_one_id_our_reference_tells_and_else_the_newest_is_meant(
    any_app: Flask, house: House
) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=3)
    house.session.rollback()
    pump(any_app, house.route_id, ScriptedGateway(lambda _message: Accepted("always-1")))
    first = house.messages(task)[0].reference
    store(house, DeliveryReport("always-1", FAILED, first, "expired"), DeliveryReport("always-1", DELIVERED))
    apply(house)
    assert [message.status for message in house.messages(task)] == ["failed", "accepted", "delivered"]


def test_a_receipt_of_nobody_is_looked_at_for_days_and_then_given_up(house: House) -> None:
    store(house, DeliveryReport("nobody", DELIVERED))
    apply(house)
    receipt = house.session.scalars(select(Receipt)).one()
    assert receipt.outcome is None
    assert receipt.retry_at > now()
    receipt.received_at = now() - timedelta(hours=2)
    house.session.commit()
    apply(house)
    house.session.refresh(receipt)
    assert receipt.retry_at > now() + timedelta(hours=1)  # seldom: a carrier may report a million of others'
    receipt.received_at = now() - timedelta(days=4)
    house.session.commit()
    apply(house)
    assert outcomes(house) == ["unmatched"]
    assert apply(house) == 0


def test_a_receipt_of_another_route_moves_nothing(any_app: Flask, house: House) -> None:
    task = sent(any_app, house)
    other_id = make_route(house.session).id
    stray = report(house, task, FAILED)
    store(
        house, DeliveryReport(stray.gateway_id, FAILED, house.messages(task)[0].reference), route_id=other_id
    )
    house.session.rollback()
    with write_transaction(house.session):
        apply_due(house.session, other_id)
    assert house.statuses(task) == {"accepted": 1}


def test_a_forged_receipt_is_never_stored(app: Flask, session: Session) -> None:
    settings = {"url": "http://127.0.0.1:9", "secret": "ours"}
    house = make_house(app, session, gateway_settings=settings)
    task = sent(app, house)
    body = json.dumps(
        {"receipts": [{"id": report(house, task, FAILED).gateway_id, "status": "failed"}]}
    ).encode()
    client, address = app.test_client(), f"/callbacks/{house.route.public_id}"
    for secret, expected in (("theirs", 403), ("ours", 204)):
        headers = {signature.HEADER: signature.sign(secret, body, datetime.now(UTC))}
        assert client.post(address, data=body, headers=headers).status_code == expected
        assert count(session, Receipt) == (expected == 204)


def test_tasks_of_one_account_settle_side_by_side_without_waiting_in_a_ring(
    any_app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some batches hold both tasks, some only the second: each wants its tasks, then the one account."""
    monkeypatch.setattr(receipts, "BATCH", 2)
    first, second = sent(any_app, house, 30), sent(any_app, house, 90)
    pairs = []
    for row in range(30):
        pairs += [(first, row), (second, 3 * row), (second, 3 * row + 1), (second, 3 * row + 2)]
    for task, row in pairs:
        store(house, report(house, task, FAILED, row))  # refunds: each batch moves money
    route_id = house.route_id
    house.session.rollback()

    def apply_all(session: Session) -> str:
        looked_at = 1
        while looked_at:
            with write_transaction(session):
                looked_at = apply_due(session, route_id)
        return "done"

    assert at_once(any_app, [apply_all] * 4) == {"done": 4}
    assert house.statuses(first) + house.statuses(second) == {"failed": 120}
    assert house.balance() == (10_000_000, 0)


def test_a_flood_of_receipts_leaves_the_worker_to_others_now_and_then(
    house: House, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "BATCH", 1)
    monkeypatch.setattr(jobs.receipts, "BATCH", 1)
    monkeypatch.setattr(jobs.receipts, "_SLICE", 0.0)
    reports = [DeliveryReport(f"nobody-{number}", DELIVERED) for number in range(3)]
    store(house, *reports)
    worker = SimpleWorker(["default"], connection=redis)
    worker.work(burst=True, max_jobs=1, logging_level="WARNING")
    looked = select(func.count()).select_from(Receipt).where(Receipt.retry_at > Receipt.received_at)
    house.session.rollback()
    assert house.session.scalar(looked) == 1
    worker.work(burst=True, logging_level="WARNING")
    house.session.rollback()
    assert house.session.scalar(looked) == 3
