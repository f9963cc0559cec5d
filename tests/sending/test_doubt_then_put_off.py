"""A carrier that knows our references says “not now” to the end of what may have reached it before."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import update

from app.gateways.base import Deferred, InDoubt, Outcome, OutgoingMessage
from app.gateways.errors import ErrorCode
from app.models import Message, Route
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import House, ScriptedGateway, pump


@pytest.mark.parametrize(("first", "end"), [("in_doubt", "in_doubt"), ("deferred", "failed")])
def test_what_may_have_reached_the_carrier_is_not_called_failed_for_being_put_off(
    any_app: Flask, house: House, first: str, end: str
) -> None:
    house.session.get_one(Route, house.route_id).retry_attempts = 2
    house.session.commit()
    task = make_submitted_task(house.session, house.owner, house.route, messages=3)
    house.session.rollback()
    gateway = ScriptedGateway(dedupes=True)

    def answer(message: OutgoingMessage) -> Outcome:
        if first == "in_doubt" and gateway.references.count(message.reference) == 1:
            return InDoubt(ErrorCode.TIMEOUT)
        return Deferred(ErrorCode.CARRIER_BUSY)

    gateway.answer = answer
    pump(any_app, house.route_id, gateway)
    house.session.rollback()
    house.session.execute(update(Message).values(not_before=None))  # the gap is over
    house.session.commit()
    pump(any_app, house.route_id, gateway)
    assert house.statuses(task) == {end: 3}
    assert len(gateway.sent) == 6
    assert house.balance()[1] == (3_000 if end == "in_doubt" else 0)
