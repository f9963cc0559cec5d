"""A route that goes to another carrier: what may have left by it is neither sent again nor asked about there."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.clock import now
from app.database import write_transaction
from app.desk import routes
from app.desk.audit_log import Actor
from app.desk.route_values import values_of
from app.errors import Conflict
from app.extensions import db
from app.gateways.base import Deferred, InDoubt, Outcome, OutgoingMessage
from app.models import Message, Route, Task
from app.sending import asking, sweep
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import House, ScriptedGateway, make_pump, pump

ELSEWHERE = {"url": "http://127.0.0.1:8999"}


def submitted(house: House) -> Task:
    task = make_submitted_task(house.session, house.owner, house.route, messages=2)
    house.session.rollback()
    return task


def change(house: House, settings: dict[str, object], secrets: dict[str, str] | None = None) -> None:
    house.session.rollback()
    with write_transaction(house.session) as session:
        values = replace(values_of(session.get_one(Route, house.route_id)), gateway_settings=settings)
        routes.change(session, Actor.machine(), house.route_id, values, secrets or {}, house.settings)


def leave_the_carrier(house: House) -> None:
    """As staff do while a pump is at work, in a session of their own."""
    with write_transaction(db.session()) as session:
        values = replace(values_of(session.get_one(Route, house.route_id)), gateway_settings=ELSEWHERE)
        routes.change(session, Actor.machine(), house.route_id, values, {}, house.settings)


def doubtful(_message: OutgoingMessage) -> Outcome:
    return InDoubt("timeout")


@pytest.mark.parametrize(
    ("settings", "secrets", "again"),
    [(ELSEWHERE, {}, 0), ({}, {"secret": "of-another-account"}, 0), ({"concurrency": 8}, {}, 2)],
)
def test_what_waits_to_be_sent_again_is_in_doubt_once_another_carrier_would_get_it(
    any_app: Flask, house: House, settings: dict[str, object], secrets: dict[str, str], again: int
) -> None:
    task = submitted(house)
    pump(any_app, house.route_id, ScriptedGateway(doubtful, dedupes=True))
    assert house.statuses(task) == {"queued": 2}
    change(house, settings, secrets)
    house.session.execute(update(Message).values(not_before=None))
    house.session.commit()
    gateway = ScriptedGateway(dedupes=True)
    pump(any_app, house.route_id, gateway)
    assert len(gateway.sent) == again
    assert house.statuses(task) == ({"accepted": 2} if again else {"in_doubt": 2})


def test_a_pump_whose_carrier_was_left_stops_and_its_doubts_stay_with_it(
    any_app: Flask, house: House
) -> None:
    task = submitted(house)
    gateway = ScriptedGateway(dedupes=True, concurrency=1)

    def answer(_message: OutgoingMessage) -> Outcome:
        with any_app.app_context():
            if len(gateway.sent) == 1:
                leave_the_carrier(house)
        return InDoubt("timeout")

    gateway.answer = answer
    pump(any_app, house.route_id, gateway)
    assert "queued" not in [message.status for message in house.messages(task) if message.may_have_left]
    assert house.messages(task)[0].status == "in_doubt"


def test_what_was_in_hand_for_another_try_stays_with_the_carrier_that_may_have_it(
    any_app: Flask, house: House
) -> None:
    task = submitted(house)
    pump(any_app, house.route_id, ScriptedGateway(doubtful, dedupes=True))
    house.session.execute(update(Message).values(not_before=None))
    house.session.commit()
    gateway = ScriptedGateway(dedupes=True, concurrency=1)

    def answer(_message: OutgoingMessage) -> Outcome:
        with any_app.app_context():
            if len(gateway.sent) == 1:
                leave_the_carrier(house)
        return Deferred("throttled", 0.0)

    gateway.answer = answer
    pump(any_app, house.route_id, gateway)
    assert house.statuses(task) == {"in_doubt": 2}


def test_a_pump_that_was_made_for_the_carrier_before_does_not_begin(any_app: Flask, house: House) -> None:
    task = submitted(house)
    gateway = ScriptedGateway()
    late = make_pump(any_app, house.route_id, gateway)
    change(house, ELSEWHERE)
    assert not asyncio.run(late.run()).had_lease
    assert gateway.sent == []
    assert pump(any_app, house.route_id, gateway).sent == 2
    assert house.statuses(task) == {"accepted": 2}


def test_the_sweep_and_the_questions_know_of_it(any_app: Flask, house: House) -> None:
    task = submitted(house)
    house.session.execute(
        update(Message).values(status="sending", attempt=1, sent_at=now(), claim="c", claim_expires_at=now())
    )
    house.session.commit()
    change(house, ELSEWHERE)
    later = now() + timedelta(seconds=1)
    house.session.execute(update(Message).values(claim_expires_at=later - timedelta(seconds=2)))
    house.session.commit()
    with write_transaction(house.session):
        assert sweep.doubt_lapsed_sends(house.session, frozenset({house.route_id})) == 2
    assert house.statuses(task) == {"in_doubt": 2}
    assert asking.routes_to_ask(house.session) == []
    assert asking.doubts(house.session, house.route_id) == []
    house.session.execute(update(Route).values(carrier_since=now() - timedelta(hours=1)))
    house.session.commit()
    assert len(asking.doubts(house.session, house.route_id)) == 2


def test_a_carrier_that_takes_its_time_is_asked_about_a_few_and_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Slow(ScriptedGateway):
        async def ask(self, reference: str) -> Outcome:
            await asyncio.sleep(0.3)
            return InDoubt("timeout")

    monkeypatch.setattr(asking, "_ASKED_FOR", 0.2)
    doubts = [asking.Doubt(number, 1, 1, f"r{number}", None) for number in range(100)]
    said = asyncio.run(asking.ask(Slow(), doubts))
    assert len(said) <= asking._AT_ONCE


def test_who_saves_a_route_that_was_moved_in_that_moment_is_told(
    any_app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before the lock went to the same carrier as what is saved; what the lock finds does not."""
    route = house.session.get_one(Route, house.route_id)
    read = Route(gateway=route.gateway, gateway_settings=ELSEWHERE, gateway_secrets=route.gateway_secrets)
    before = dict(route.gateway_settings)
    monkeypatch.setattr(routes, "route", lambda _session, _route_id: read)
    with pytest.raises(Conflict, match="Somebody else has just changed this route"):
        leave_the_carrier(house)
    house.session.rollback()
    house.session.expire_all()
    assert house.session.get_one(Route, house.route_id).gateway_settings == before
