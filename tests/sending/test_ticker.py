"""The ticker asks again for whatever the database says is undone, and survives what it meets there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.clock import now
from app.extensions import db
from app.models import Message, Route, StaffAlert, Task, TaskState
from app.sending import heartbeat, sweep
from jobs.dispatch import pump_slice
from jobs.ticker import tick
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_submitted_task
from tests.sending.engine import House, count, make_house


def asked(redis: Redis) -> list[tuple[str, int]]:
    """What waits on the queues."""
    return [
        (job.func_name.removeprefix("jobs."), job.args[0])
        for name in ("dispatch", "intake", "default")
        for job in Queue(name, connection=redis).jobs
    ]


def test_a_task_submitted_while_redis_is_away_is_taken_and_goes_out_later(
    app_on: Callable[..., Flask], redis: Redis
) -> None:
    away = app_on("sqlite", redis_url="redis://127.0.0.1:1/0")
    with away.app_context():
        house = make_house(away, db.session())
        task = house.submit(house.ready("+61412000001"))
        assert task.state == TaskState.RUNNING
        tick(house.session, house.settings)  # says so, and goes on
    assert asked(redis) == []

    back = app_on("sqlite")
    with back.app_context():
        tick(db.session(), back.config["CARILLON"])
    assert asked(redis) == [("dispatch.pump", house.route_id)]


def test_what_waits_already_is_not_asked_for_again(house: House, redis: Redis) -> None:
    make_submitted_task(house.session, house.owner, house.route)
    stale = make_draft(house.session, house.owner, house.route, state=TaskState.CHECKING)
    for _ in range(5):
        house.session.execute(update(Task).values(changed_at=now() - timedelta(hours=1)))
        house.session.commit()
        tick(house.session, house.settings)
    assert asked(redis) == [("dispatch.pump", house.route_id), ("intake.check", stale.id)]


def test_everything_is_asked_for_again_when_redis_forgot_it(house: House, redis: Redis) -> None:
    make_submitted_task(house.session, house.owner, house.route)
    tick(house.session, house.settings)
    redis.flushall()
    tick(house.session, house.settings)
    assert asked(redis) == [("dispatch.pump", house.route_id)]


def test_one_tick_puts_everything_right(any_app: Flask, house: House, redis: Redis) -> None:
    scheduled = make_submitted_task(
        house.session, house.owner, house.route, state=TaskState.SCHEDULED, scheduled_at=now()
    )
    taken = make_submitted_task(house.session, house.owner, house.route, messages=2)
    house.session.execute(
        update(Message)
        .where(Message.task_id == taken.id, Message.row == 3)
        .values(status="sending", claim="1.1", claim_expires_at=now(), sent_at=now())
    )
    house.session.commit()
    tick(house.session, house.settings)
    assert house.now(scheduled).state == TaskState.RUNNING
    assert house.statuses(taken) == {"queued": 1, "in_doubt": 1}
    assert asked(redis) == [("dispatch.pump", house.route_id)]
    assert heartbeat.silence(house.session, now()) is not None


def test_a_step_that_fails_holds_up_no_other(
    house: House, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("a bug")

    monkeypatch.setattr(sweep, "start_due", fail)
    monkeypatch.setattr(sweep, "doubt_lapsed_sends", fail)
    make_submitted_task(house.session, house.owner, house.route)
    tick(house.session, house.settings)
    assert asked(redis) == [("dispatch.pump", house.route_id)]


def test_a_route_with_unusable_settings_rests_and_stops_nothing_else(
    app: Flask, session: Session, house: House, redis: Redis
) -> None:
    broken = make_route(session, gateway="carrier pigeon")
    make_submitted_task(session, house.owner, broken)
    make_submitted_task(session, house.owner, house.route)
    house.session.rollback()
    tick(session, house.settings)
    assert sorted(asked(redis)) == [("dispatch.pump", house.route_id), ("dispatch.pump", broken.id)]

    assert pump_slice(app, session, broken.id) is None
    assert session.get_one(Route, broken.id).breaker_until is not None
    assert count(session, StaffAlert, StaffAlert.route_id == broken.id) == 1


@pytest.mark.parametrize("columns", [{"paused_reason": "Maintenance."}, {"breaker_until": "soon"}])
def test_a_route_that_rests_is_not_asked_for(house: House, redis: Redis, columns: dict[str, object]) -> None:
    if columns.get("breaker_until"):
        columns = {"breaker_until": now() + timedelta(seconds=30)}
    make_submitted_task(house.session, house.owner, house.route)
    house.session.execute(update(Route).values(**columns))
    house.session.commit()
    tick(house.session, house.settings)
    assert asked(redis) == []
