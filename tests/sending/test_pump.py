"""The pump sends each message once, at its turn, and writes down what became of it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.extensions import db
from app.gateways.base import (
    Accepted,
    Callback,
    Capabilities,
    Deferred,
    DeliveryReport,
    Gateway,
    InDoubt,
    OnReports,
    Outcome,
    OutgoingMessage,
    Refused,
)
from app.gateways.errors import ErrorCode
from app.gateways.sandbox_carrier.running import RunningCarrier
from app.models import ChargeWhen, Message, Receipt, Route, StaffAlert, TaskState
from app.sending import sweep
from app.sending.dispatch import claims, outcomes
from app.sending.dispatch.bookkeeper import Bookkeeper
from app.sending.dispatch.claims import Spans
from jobs import receipts
from tests.factories.tasks import make_submitted_task
from tests.gateways.peers import gateway_to
from tests.loopback import serving
from tests.sending.engine import (
    SPANS,
    House,
    ScriptedGateway,
    count,
    make_house,
    make_pump,
    pump,
)
from tests.waiting import until

ENDINGS = 100  # the factory's numbers end in 00 to 99: each special ending once, and 90 ordinary ones


@dataclasses.dataclass
class Patient:
    """Waits long for every answer but for the one that never comes."""

    patient: Gateway
    hasty: Gateway

    @property
    def capabilities(self) -> Capabilities:
        return self.patient.capabilities

    async def open(self, on_reports: OnReports | None = None) -> None:
        await self.patient.open(on_reports)
        await self.hasty.open()

    async def close(self) -> None:
        await self.patient.close()
        await self.hasty.close()

    async def send(self, message: OutgoingMessage) -> Outcome:
        return await (self.hasty if message.to.endswith("96") else self.patient).send(message)

    def read_receipts(self, callback: Callback, now: datetime) -> list[DeliveryReport]:
        return self.patient.read_receipts(callback, now)


def forget_gaps(house: House) -> None:
    """What was put off is due now."""
    house.session.rollback()
    house.session.execute(update(Message).values(not_before=None))
    house.session.commit()


def test_every_ending_of_the_carrier_ends_in_the_right_status_and_money(
    any_app: Flask, session: Session, carrier: RunningCarrier
) -> None:
    meet_every_ending(any_app, session, carrier, ChargeWhen.ACCEPTED)


def test_every_ending_where_only_the_delivered_are_charged(
    app: Flask, session: Session, carrier: RunningCarrier
) -> None:
    meet_every_ending(app, session, carrier, ChargeWhen.DELIVERED)


def meet_every_ending(
    any_app: Flask, session: Session, carrier: RunningCarrier, charge_when: ChargeWhen
) -> None:
    settings = {"url": carrier.url, "secret": carrier.secret}
    house = make_house(any_app, session, gateway_settings=settings, charge_when=charge_when)
    task = make_submitted_task(session, house.owner, house.route, messages=ENDINGS, charge_when=charge_when)
    with serving(any_app) as url:
        callback = f"{url}/callbacks/{house.route.public_id}"
        gateway = Patient(
            gateway_to(carrier.url, callback), gateway_to(carrier.url, callback, answer_timeout=3)
        )
        for _ in range(5):
            forget_gaps(house)
            if pump(any_app, house.route_id, gateway).sent == 0:
                break
        # One for each delivered, the failed one, and two for the number that is buffered first.
        until(lambda: count(session, Receipt) == 97, why=lambda: "Not all receipts came.")
    forget_waits(session)
    receipts.apply(house.route_id)

    found = {m.e164[-2:]: (m.status, m.money) for m in house.messages(task) if int(m.e164[-2:]) >= 90}
    unheard = "charged" if charge_when == ChargeWhen.ACCEPTED else "held"
    assert found == {
        "90": ("failed", "released"),
        "91": ("failed", "released"),
        "92": ("delivered", "charged"),
        "93": ("delivered", "charged"),
        "94": ("failed", "refunded" if charge_when == ChargeWhen.ACCEPTED else "released"),
        "95": ("accepted", unheard),
        "96": ("delivered", "charged"),
        "97": ("in_doubt", "held"),
        "98": ("delivered", "charged"),
        "99": ("delivered", "charged"),
    }
    assert house.statuses(task) == {"delivered": 95, "failed": 3, "accepted": 1, "in_doubt": 1}
    assert house.now(task).state == TaskState.DONE
    references = Counter(line.reference for line in carrier.accepted)
    assert set(references.values()) == {1}
    assert len(references) == ENDINGS - 2


def forget_waits(session: Session) -> None:
    session.rollback()
    session.execute(update(Receipt).values(retry_at=now()))
    session.commit()


def test_one_of_two_pumps_at_once_pumps(any_app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=60)
    house.session.rollback()
    gateway = ScriptedGateway()

    async def both() -> list[bool]:
        pumps = [asyncio.create_task(make_pump(any_app, house.route_id, gateway).run()) for _ in range(2)]

        async def once_the_other_gave_up(message: OutgoingMessage) -> Outcome:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            return Accepted(message.reference)

        gateway.answer = once_the_other_gave_up
        return [turn.had_lease for turn in await asyncio.gather(*pumps)]

    assert sorted(asyncio.run(both())) == [False, True]
    assert sorted(gateway.references) == sorted(message.reference for message in house.messages(task))
    assert house.now(task).state == TaskState.DONE


def test_a_pump_that_is_stopped_leaves_the_rest_for_the_next(any_app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=300)
    house.session.rollback()
    gateway = ScriptedGateway()
    first = make_pump(any_app, house.route_id, gateway)

    def answer(message: OutgoingMessage) -> Outcome:
        if len(gateway.sent) == 120:
            first.stop()
        return Accepted(message.reference)

    gateway.answer = answer
    asyncio.run(first.run())
    left = len(gateway.sent)
    assert 120 <= left < 300
    assert house.statuses(task) == {"accepted": left, "queued": 300 - left}
    assert house.now(task).state == TaskState.RUNNING

    pump(any_app, house.route_id, gateway)
    assert house.statuses(task) == {"accepted": 300}
    assert set(Counter(gateway.references).values()) == {1}


def test_a_pump_that_lost_its_lease_sends_nothing_more(any_app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=300)
    house.session.rollback()
    gateway = ScriptedGateway()

    def answer(message: OutgoingMessage) -> Outcome:
        if len(gateway.sent) == 50:
            with any_app.app_context(), Session(db.engine) as other, write_transaction(other):
                other.execute(update(claims.PumpLease).values(expires_at=now() - timedelta(seconds=1)))
                assert claims.acquire_lease(other, house.route_id, "a thief") is not None
        return Accepted(message.reference)

    gateway.answer = answer
    pump(any_app, house.route_id, gateway)
    # What was fenced before the theft may leave, being nobody else's to send; no more is fenced.
    assert len(gateway.sent) < 300
    statuses = house.statuses(task)
    assert statuses["sending"] == 0
    assert statuses["accepted"] == len(gateway.sent)


@pytest.mark.parametrize("late", [Accepted("late"), Refused("late"), Deferred("late", 0.0)])
def test_an_answer_that_comes_after_the_sweep_still_counts(
    any_app: Flask, house: House, late: Outcome
) -> None:
    """As when the pump's machine slept: the message was swept into doubt, its task was over."""
    task = make_submitted_task(house.session, house.owner, house.route, messages=1)
    house.session.rollback()
    gateway = ScriptedGateway()

    def answer(message: OutgoingMessage) -> Outcome:
        if len(gateway.sent) > 1:
            return Accepted("second")
        with any_app.app_context(), Session(db.engine) as other:
            other.execute(update(Message).values(claim_expires_at=now()))
            other.commit()
            with write_transaction(other):
                assert sweep.doubt_lapsed_sends(other, frozenset()) == 1
        assert house.now(task).state == TaskState.DONE
        return late

    gateway.answer = answer
    pump(any_app, house.route_id, gateway)
    forget_gaps(house)
    pump(any_app, house.route_id, gateway)
    expected = {"failed": 1} if isinstance(late, Refused) else {"accepted": 1}
    assert house.statuses(task) == expected
    assert len(gateway.sent) == (2 if isinstance(late, Deferred) else 1)
    assert house.now(task).state == TaskState.DONE


def test_in_doubt_is_never_sent_again(any_app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=5)
    house.session.rollback()
    gateway = ScriptedGateway(lambda _: InDoubt(ErrorCode.TIMEOUT))
    pump(any_app, house.route_id, gateway)
    forget_gaps(house)
    pump(any_app, house.route_id, gateway)
    assert house.statuses(task) == {"in_doubt": 5}
    assert len(gateway.sent) == 5
    assert house.balance()[1] == 5_000


def test_in_doubt_is_sent_again_where_the_gateway_knows_our_reference(house: House, app: Flask) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=5)
    house.session.rollback()
    gateway = ScriptedGateway(dedupes=True)
    gateway.answer = lambda message: (
        InDoubt(ErrorCode.TIMEOUT) if gateway.references.count(message.reference) == 1 else Accepted("x")
    )
    pump(app, house.route_id, gateway)
    forget_gaps(house)
    pump(app, house.route_id, gateway)
    assert house.statuses(task) == {"accepted": 5}
    assert len(gateway.sent) == 10


def test_what_cannot_leave_while_its_fence_is_fresh_waits_for_another(app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=4)
    house.session.rollback()

    async def slowly() -> Outcome:
        await asyncio.sleep(0.4)
        return Accepted("x")

    gateway = ScriptedGateway(lambda _: slowly(), concurrency=1)
    spans = Spans(SPANS.lease, timedelta(seconds=0.3))
    pump(app, house.route_id, gateway, spans=spans)
    assert house.statuses(task) == {"accepted": 4}
    assert set(Counter(gateway.references).values()) == {1}
    assert max(message.attempt for message in house.messages(task)) > 1


def test_a_gateway_that_breaks_its_promise_is_in_doubt(app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=2)
    house.session.rollback()

    def answer(_: OutgoingMessage) -> Outcome:
        raise RuntimeError("a bug")

    pump(app, house.route_id, ScriptedGateway(answer))
    assert house.statuses(task) == {"in_doubt": 2}


def test_a_route_whose_gateway_is_out_of_reach_rests_for_growing_times(any_app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=100)
    house.session.rollback()
    dead = ScriptedGateway(lambda _: Deferred(ErrorCode.UNREACHABLE))
    rests = []
    for _ in range(2):
        forget_gaps(house)
        before = now()
        assert pump(any_app, house.route_id, dead).rested
        route = house.session.get_one(Route, house.route_id, populate_existing=True)
        assert route.breaker_until is not None
        rests.append((route.breaker_until - before).total_seconds())
        assert claims.routes_with_work(house.session) == []
    assert 10 <= rests[0] < 20 <= rests[1]
    assert count(house.session, StaffAlert) == 1
    assert house.statuses(task) == {"queued": 100}

    forget_gaps(house)
    pump(any_app, house.route_id, ScriptedGateway())
    house.session.rollback()
    route = house.session.get_one(Route, house.route_id, populate_existing=True)
    assert (route.breaker_failures, route.breaker_until) == (0, None)
    assert count(house.session, StaffAlert) == 0
    assert house.statuses(task) == {"accepted": 100}


def test_a_few_messages_submitted_late_do_not_wait_for_thousands(any_app: Flask, house: House) -> None:
    make_submitted_task(house.session, house.owner, house.route, messages=2_000)
    house.session.rollback()
    owner, route = house.owner, house.route
    gateway = ScriptedGateway()
    quick: list[str] = []

    def answer(message: OutgoingMessage) -> Outcome:
        if len(gateway.sent) == 300:
            with any_app.app_context(), Session(db.engine) as other:
                task = make_submitted_task(
                    other, other.merge(owner, load=False), other.merge(route, load=False), messages=5
                )
                quick.extend(other.scalars(select(Message.reference).where(Message.task_id == task.id)))
        return Accepted(message.reference)

    gateway.answer = answer
    pump(any_app, house.route_id, gateway)
    places = [gateway.references.index(reference) for reference in quick]
    assert len(gateway.sent) == 2_005
    assert max(places) < 300 + 2 * 500  # a batch is half a second's worth, at most 500


def test_a_database_that_goes_away_for_a_moment_costs_nothing(
    any_app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some writes fail before they begin; of some the commit succeeds, and nobody hears of it."""
    task = make_submitted_task(house.session, house.owner, house.route, messages=400)
    house.session.rollback()
    real = Bookkeeper.transact
    calls: Counter[str] = Counter()

    def transact(self: Bookkeeper, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        calls[function.__name__] += 1
        if calls[function.__name__] % 5 == 2:
            if function.__name__ in ("_take", "record"):
                real(self, function, arguments)
            raise OperationalError("a statement", {}, Exception("gone"))
        return real(self, function, arguments)

    monkeypatch.setattr(Bookkeeper, "transact", transact)
    gateway = ScriptedGateway()
    pump(any_app, house.route_id, gateway, rate=500)
    assert house.statuses(task) == {"accepted": 400}
    assert set(Counter(gateway.references).values()) == {1}
    assert house.now(task).state == TaskState.DONE
    assert house.session.scalar(select(func.sum(Message.attempt))) == 400


def test_books_that_cannot_be_written_stop_the_sending(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=400)
    house.session.rollback()

    def fail(*_: object) -> None:
        raise ValueError("a bug in the books")

    monkeypatch.setattr(outcomes, "record", fail)
    gateway = ScriptedGateway()
    with pytest.raises(ValueError):
        pump(app, house.route_id, gateway, rate=200)
    statuses = house.statuses(task)
    assert len(gateway.sent) < 400
    assert statuses["queued"] + statuses["sending"] == 400
