"""What is not taken is tried again, by what the gateway said, and not for longer than the client wants."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.clock import now
from app.database import write_transaction
from app.gateways.base import Deferred
from app.gateways.errors import ErrorCode
from app.models import Message, Task, TaskState
from app.sending import claims, steering, sweep
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import House, ScriptedGateway, pump


@pytest.mark.parametrize(
    ("code", "gaps"),
    [
        (ErrorCode.THROTTLED, [2, 4, 8, 16, *[30] * 15]),
        (ErrorCode.CARRIER_BUSY, [10, 20, 40, 80]),
        (ErrorCode.UNREACHABLE, [2, 4, 8, 16, 32, 64, 128, 256, *[300] * 11]),
    ],
)
def test_the_gaps_grow_by_the_class_of_the_error(
    app: Flask, house: House, code: ErrorCode, gaps: list[int]
) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=1)
    house.session.rollback()
    seen = []
    for _ in range(len(gaps) + 1):
        before = now()
        pump(app, house.route_id, ScriptedGateway(lambda _: Deferred(code)))
        (message,) = house.messages(task)
        if message.not_before is None:
            break
        seen.append(round((message.not_before - before).total_seconds() - 0.4))
        house.session.execute(update(Message).values(not_before=None))
        house.session.commit()
    assert [abs(a - b) <= 1 for a, b in zip(seen, gaps, strict=True)] == [True] * len(gaps)
    assert house.statuses(task) == {"failed": 1}
    assert house.balance()[1] == 0


def test_what_has_not_left_by_its_time_is_released_with_a_reason(any_app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=3, send_before=now())
    paused = make_submitted_task(house.session, house.owner, house.route, messages=2, send_before=now())
    later = make_submitted_task(
        house.session, house.owner, house.route, messages=1, send_before=now() + timedelta(hours=1)
    )
    with write_transaction(house.session):
        steering.pause(house.session, house.account_id, paused.public_id)
    with write_transaction(house.session):
        assert sweep.release_too_late(house.session) == 5
    for each in (task, paused):
        assert house.statuses(each) == {"cancelled": 1 * len(house.messages(each))}
        ended = house.now(each)
        assert ended.state == TaskState.DONE
        assert "time to send before" in (ended.state_reason or "")
    assert {message.error_code for message in house.messages(task)} == {"too_late"}
    assert house.balance()[1] == 1_000
    assert house.now(later).state == TaskState.RUNNING


def test_nothing_is_claimed_after_its_time_though_no_ticker_runs(app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=3, send_before=now())
    assert claims.routes_with_work(house.session) == []
    house.session.rollback()
    assert pump(app, house.route_id, ScriptedGateway()).sent == 0
    assert house.now(task).state == TaskState.RUNNING
    assert house.session.get_one(Task, task.id).waiting == 3
