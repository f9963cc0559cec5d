"""A clock that was set back: what waits for a moment waits no longer than it would have, and at most minutes more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.clock import now
from app.database import write_transaction
from app.models import Message, Route, Task
from app.sending.dispatch.claims import routes_with_work
from app.sending.dispatch.due import rests
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import House, ScriptedGateway, pump

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def put_off(house: House, sent_in: timedelta, for_so_long: timedelta) -> Task:
    """A task whose messages left once, and were put off then."""
    task = make_submitted_task(house.session, house.owner, house.route, messages=3)
    sent_at = now() + sent_in
    house.session.execute(
        update(Message)
        .where(Message.task_id == task.id)
        .values(
            attempt=1, route_id=house.route_id, sent_at=sent_at, error_code="throttled",
            not_before=sent_at + for_so_long,
        )
    )  # fmt: skip
    house.session.commit()
    return task


@pytest.mark.parametrize("back", [HOUR, timedelta(days=300)])
def test_what_was_put_off_before_the_clock_was_set_back_goes_on(
    any_app: Flask, house: House, back: timedelta
) -> None:
    task = put_off(house, back, MINUTE)
    assert routes_with_work(house.session) == [house.route_id]
    pump(any_app, house.route_id, ScriptedGateway())
    assert house.statuses(task) == {"accepted": 3}


@pytest.mark.parametrize("sent_in", [-MINUTE, MINUTE])
def test_what_was_put_off_for_long_waits_for_as_long(
    any_app: Flask, house: House, sent_in: timedelta
) -> None:
    """Also where another machine's clock, a little ahead of ours, sent it."""
    task = put_off(house, sent_in, 6 * HOUR)
    assert routes_with_work(house.session) == []
    pump(any_app, house.route_id, ScriptedGateway())
    assert house.statuses(task) == {"queued": 3}


@pytest.mark.parametrize(("until", "is_resting"), [(-MINUTE, False), (5 * MINUTE, True), (HOUR, False)])
def test_no_route_rests_longer_than_any_rest_is(
    any_app: Flask, house: House, until: timedelta, is_resting: bool
) -> None:
    make_submitted_task(house.session, house.owner, house.route, messages=1)
    with write_transaction(house.session):
        house.session.get_one(Route, house.route_id).breaker_until = now() + until
    assert routes_with_work(house.session) == ([] if is_resting else [house.route_id])
    assert rests(house.session.get_one(Route, house.route_id), now()) is is_resting
