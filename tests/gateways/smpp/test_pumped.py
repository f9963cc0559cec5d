"""A route that keeps a session, pumped: receipts stored, applied and waited for, one session at a time."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.clock import now
from app.extensions import db
from app.gateways.base import Gateway
from app.models import PumpLease, Receipt, Task, TaskState
from app.sending.dispatch.claims import Spans
from app.sending.dispatch.pump import Pump, Turn
from jobs import receipts
from jobs.dispatch import pump_slice
from jobs.ticker import tick
from tests.gateways.smpp.carrier import PASSWORD, SYSTEM_ID, Carrier
from tests.sending.engine import House, count, make_house

NUMBERS = [f"+6141200{number:04d}" for number in range(40)]
SPANS = Spans(lease=timedelta(seconds=2), margin=timedelta(seconds=10))


@pytest.fixture
def house(app: Flask, session: Session, carrier: Carrier) -> House:
    """An agency, and a route to the carrier."""
    settings = {"host": "127.0.0.1", "port": carrier.port, "system_id": SYSTEM_ID, "password": PASSWORD}
    return make_house(app, session, gateway="smpp", gateway_settings=settings)


@pytest.fixture
def task(house: House) -> Task:
    return house.submit(house.ready(*NUMBERS))


def run(app: Flask, house: House, gateway: Gateway, should_yield: Callable[[], bool] = lambda: False) -> Turn:
    pump = Pump(
        db.engine,
        house.route_id,
        gateway,
        1000,
        holder=secrets.token_hex(8),
        slice_seconds=0.0,
        spans=SPANS,
        should_yield=should_yield,
    )
    return asyncio.run(pump.run())


@contextmanager
def applying(house: House) -> Iterator[None]:
    """Somebody applies receipts all the while, as the ticker asks for it."""
    over = threading.Event()

    def apply() -> None:
        while not over.wait(0.2):
            receipts.apply(house.route_id)

    applier = threading.Thread(target=apply)
    applier.start()
    try:
        yield
    finally:
        over.set()
        applier.join()


def test_the_pump_stays_until_the_last_receipt_is_in(
    app: Flask, house: House, task: Task, carrier: Carrier
) -> None:
    carrier.order("usual", how={"receipts": "DELIVRD"})

    with applying(house):
        assert run(app, house, carrier.gateway()).sent == len(NUMBERS)
    assert house.now(task).state == TaskState.DONE
    assert house.statuses(task) == {"delivered": len(NUMBERS)}
    assert count(house.session, Receipt) == len(NUMBERS)
    assert {answer["status"] for answer in carrier.heard("deliver_resp")} == {0}
    assert len(carrier.heard("bind")) == 1


def test_a_receipt_that_comes_late_finds_the_pump_still_there(
    app: Flask, house: House, task: Task, carrier: Carrier
) -> None:
    def report_late() -> None:
        carrier.wait("submit", len(NUMBERS))
        threading.Event().wait(1.0)
        ids = range(1, len(NUMBERS) + 1)
        carrier.deliver(*({"esm_class": 4, "short_message": f"id:{n} stat:UNDELIV err:001"} for n in ids))

    reporter = threading.Thread(target=report_late)
    reporter.start()
    with applying(house):
        run(app, house, carrier.gateway())
    reporter.join()
    assert house.statuses(task) == {"failed": len(NUMBERS)}
    assert {message.error_code for message in house.messages(task)} == {"unknown_subscriber"}
    assert house.balance() == (10_000_000, 0)


def test_it_makes_room_when_others_wait_and_the_ticker_calls_it_back(
    app: Flask, house: House, task: Task, carrier: Carrier, redis: Redis
) -> None:
    run(app, house, carrier.gateway(), should_yield=lambda: True)
    assert house.statuses(task) == {"accepted": len(NUMBERS)}
    carrier.wait("closed")

    redis.flushall()
    tick(house.session, house.settings)
    assert [job.args[0] for job in Queue("dispatch", connection=redis).jobs] == [house.route_id]


def test_the_lease_is_given_back_only_after_the_session_ended(
    app: Flask, house: House, task: Task, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier.answers(*[{} for _ in NUMBERS[1:]], {"delay": 1000})
    gateway = carrier.gateway()
    hang_up = gateway.close
    held: list[bool] = []

    async def close() -> None:
        await hang_up()
        with Session(db.engine) as session:
            held.append(session.get_one(PumpLease, house.route_id).expires_at > now())  # type: ignore[operator]

    monkeypatch.setattr(gateway, "close", close)
    run(app, house, gateway, should_yield=lambda: True)
    assert held == [True, False]
    assert house.statuses(task) == {"accepted": len(NUMBERS)}


def test_a_paused_route_sends_nothing_and_still_takes_its_receipts(
    app: Flask, house: House, task: Task, carrier: Carrier, redis: Redis
) -> None:
    run(app, house, carrier.gateway(), should_yield=lambda: True)
    redis.flushall()
    later = house.submit(house.ready("+61412009999"))
    house.route.paused_reason = "by staff"
    house.session.commit()

    def report() -> None:
        carrier.wait("bind", 2)
        ids = range(1, len(NUMBERS) + 1)
        carrier.deliver(*({"esm_class": 4, "short_message": f"id:{n} stat:DELIVRD err:0"} for n in ids))

    reporter = threading.Thread(target=report)
    reporter.start()
    with applying(house):
        turn = pump_slice(app, house.session, house.route_id)
    reporter.join()
    assert turn is not None
    assert turn.sent == 0
    assert house.statuses(task) == {"delivered": len(NUMBERS)}
    assert house.statuses(later) == {"queued": 1}
    assert Queue("default", connection=redis).count == 1  # asked to apply what came
    assert (
        Queue("dispatch", connection=redis).count == 1
    )  # by the submissions, and by no slice of the paused route


def test_receipts_are_awaited_for_three_days(app: Flask, house: House, task: Task, carrier: Carrier) -> None:
    run(app, house, carrier.gateway(), should_yield=lambda: True)
    house.session.execute(update(Task).values(changed_at=now() - timedelta(hours=73)))
    house.session.commit()

    assert run(app, house, carrier.gateway()).sent == 0  # and comes to an end
