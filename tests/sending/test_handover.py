"""A route passes from one pump to the next without a burst: given back in order, or lost by one that slept."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.extensions import db
from app.gateways.base import Accepted, Outcome, OutgoingMessage
from app.models import Message, PumpLease
from app.sending.dispatch import claims
from app.sending.dispatch.claims import Lease, Spans
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import House, ScriptedGateway, make_house, make_pump, pump

RATE = 50
SPANS = Spans(lease=timedelta(seconds=1), margin=timedelta(seconds=60))


@pytest.fixture
def house(any_app: Flask, session: Session) -> House:
    house = make_house(any_app, session)
    make_submitted_task(session, house.owner, house.route, messages=30)
    session.rollback()
    return house


def asleep_at_the_third(gateway: ScriptedGateway, sleep: Callable[[], object]) -> None:
    """The whole process does nothing else meanwhile, as after SIGSTOP, or while its machine is suspended."""

    def answer(message: OutgoingMessage) -> Outcome:
        if len(gateway.sent) == 3:
            sleep()
        return Accepted(message.reference)

    gateway.answer = answer


def taken_over(app: Flask, route_id: int) -> Lease:
    """The lease, once its holder has slept for as long as it lasts."""
    while True:
        with app.app_context(), Session(db.engine) as other, write_transaction(other):
            lease = claims.acquire_lease(other, route_id, "another")
        if lease is not None:
            return lease
        time.sleep(0.05)


def test_who_wakes_after_its_lease_sends_nothing_of_what_it_has_in_hand(any_app: Flask, house: House) -> None:
    gateway = ScriptedGateway()
    leases: list[Lease] = []
    asleep_at_the_third(gateway, lambda: leases.append(taken_over(any_app, house.route_id)))
    pump(any_app, house.route_id, gateway, rate=RATE, spans=SPANS)
    assert len(gateway.sent) == 3
    assert leases[0].handover is None

    house.session.execute(update(PumpLease).values(expires_at=now()))
    house.session.commit()
    began = time.monotonic()
    pump(any_app, house.route_id, gateway, rate=RATE, spans=SPANS)
    assert gateway.sent[3][0] - began > 1.3  # by then the other's last second is over
    assert len(gateway.sent) == 30
    assert set(Counter(gateway.references).values()) == {1}


def test_who_wakes_after_its_lease_and_finds_it_free_goes_on_with_what_it_has(
    any_app: Flask, house: House
) -> None:
    gateway = ScriptedGateway()
    asleep_at_the_third(gateway, lambda: time.sleep(1.5))
    pump(any_app, house.route_id, gateway, rate=RATE, spans=SPANS)
    assert len(gateway.sent) == 30
    house.session.rollback()
    assert {message.attempt for message in house.session.query(Message)} == {1}


def test_who_gives_the_lease_back_leaves_its_last_second_to_the_next(any_app: Flask, house: House) -> None:
    gateway = ScriptedGateway()
    first = make_pump(any_app, house.route_id, gateway, rate=RATE)

    def answer(message: OutgoingMessage) -> Outcome:
        if len(gateway.sent) == 20:
            first.stop()
        return Accepted(message.reference)

    gateway.answer = answer
    asyncio.run(first.run())
    lease = house.session.get_one(PumpLease, house.route_id)
    assert lease.given_back == lease.fence
    assert lease.next_send_at is not None  # for there is more to send
    assert lease.arrived is not None
    assert len(lease.arrived) <= len(gateway.sent)
