"""What a route cannot take now goes by the route that stands in for it, at the price that was quoted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.clock import now
from app.database import write_transaction
from app.gateways.base import DeliveryReport, ReportStatus
from app.models import Message, Route, TaskState
from app.sending import receipts, sweep
from app.sending.dispatch import claims
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import House, ScriptedGateway, pump


@pytest.fixture
def other(any_app: Flask, house: House) -> Route:
    other = make_route(house.session, price_per_segment=9_000, takes_sender_id=False)
    house.route.fallback_route_id = other.id
    house.session.commit()
    return other


def rest(house: House, **columns: object) -> None:
    values = columns or {"breaker_until": now() + timedelta(minutes=1)}
    house.session.rollback()
    house.session.execute(update(Route).where(Route.id == house.route_id).values(**values))
    house.session.commit()


@pytest.mark.parametrize("why", ["breaker", "paused"])
def test_the_other_route_takes_it_at_the_quoted_price(
    any_app: Flask, house: House, other: Route, why: str
) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=5, sender_id="BISTRO")
    other_id = other.id
    assert claims.routes_with_work(house.session) == [house.route_id]
    rest(house, **({"paused_reason": "Maintenance"} if why == "paused" else {}))
    assert claims.routes_with_work(house.session) == [other_id]
    house.session.rollback()
    gateway = ScriptedGateway()
    pump(any_app, other_id, gateway)
    assert house.statuses(task) == {"accepted": 5}
    assert {(message.route_id, message.price) for message in house.messages(task)} == {(other_id, 1_000)}
    assert {message.sender_id for _, message in gateway.sent} == {None}
    ended = house.now(task)
    assert (ended.state, ended.route_id) == (TaskState.DONE, house.route_id)
    assert house.balance() == (10_000_000 - 5_000, 0)
    ids = [str(message.gateway_id) for message in house.messages(task)]
    house.session.rollback()
    with write_transaction(house.session):
        reports = [DeliveryReport(each, ReportStatus.DELIVERED) for each in ids]
        receipts.insert_reports(house.session, other_id, reports)
    with write_transaction(house.session):
        receipts.apply_due(house.session, other_id)
    assert house.statuses(task) == {"delivered": 5}


def test_a_route_that_works_keeps_its_own(any_app: Flask, house: House, other: Route) -> None:
    make_submitted_task(house.session, house.owner, house.route)
    other_id = other.id
    house.session.rollback()
    assert pump(any_app, other_id, ScriptedGateway()).sent == 0


def test_what_may_have_left_by_one_route_never_goes_by_another(
    any_app: Flask, house: House, other: Route
) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=4)
    other_id = other.id
    tries = [(1, "timeout"), (1, "unreachable"), (2, "unreachable"), (1, "interrupted")]
    for message, (attempt, code) in zip(house.messages(task), tries, strict=True):
        message.attempt, message.error_code = attempt, code
    house.session.commit()
    rest(house)
    pump(any_app, other_id, ScriptedGateway())
    assert [message.status for message in house.messages(task)] == ["queued", "accepted", "queued", "queued"]
    assert claims.routes_with_work(house.session) == []


def test_what_lapsed_on_the_other_route_is_in_doubt_though_the_own_one_resends(
    house: House, other: Route
) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=1)
    house.session.execute(
        update(Message).values(status="sending", claim="1.1", claim_expires_at=now(), route_id=other.id)
    )
    house.session.commit()
    with write_transaction(house.session):
        sweep.doubt_lapsed_sends(house.session, frozenset({house.route_id, other.id}))
    assert house.statuses(task) == {"in_doubt": 1}
