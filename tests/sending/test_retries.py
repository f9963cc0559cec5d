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
from app.sending import steering, sweep
from app.sending.dispatch import claims, outcomes
from app.sending.dispatch.retries import gap_after, is_last_try
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import House, ScriptedGateway, pump


@pytest.mark.parametrize(
    ("code", "gaps"),
    [
        (ErrorCode.THROTTLED, [30, 60, 120, 240, *[300] * 15]),
        (ErrorCode.SYSTEM_ERROR, [30, 60]),
        (ErrorCode.QUEUE_FULL, [180, 360]),
        (ErrorCode.CARRIER_BUSY, [10, 20, 40, 80]),
        (ErrorCode.PAIR_RATE, [10, 20, 40, 80, 160]),
        (ErrorCode.SENDING_RESTRICTED, [300, 600, 1_200]),
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


@pytest.mark.parametrize(
    ("asked", "gaps"),
    [
        (None, [30, 60, 120]),
        (1.0, [1, 30, 60]),
        (-5.0, [1, 30, 60]),
        (30.0, [30, 60, 120]),
        (90.0, [90, 90, 120]),
        (1e300, [6 * 3600] * 3),
    ],
)
def test_a_gateway_is_believed_for_more_patience_each_time_and_for_less_once(
    asked: float | None, gaps: list[int]
) -> None:
    assert [gap_after(ErrorCode.THROTTLED, attempt, asked).total_seconds() for attempt in (1, 2, 3)] == gaps


def test_throttled_is_tried_twenty_times_more_and_a_route_may_want_fewer() -> None:
    assert [is_last_try(ErrorCode.THROTTLED, attempt, 100) for attempt in (20, 21)] == [False, True]
    assert is_last_try(ErrorCode.THROTTLED, 3, 3)
    assert [is_last_try(ErrorCode.SYSTEM_ERROR, attempt, 100) for attempt in (2, 3)] == [False, True]
    assert [is_last_try(ErrorCode.UNREACHABLE, attempt, 20) for attempt in (19, 20)] == [False, True]


def test_what_was_fenced_and_did_not_leave_goes_out_at_once_and_never_fails_for_it(house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=1)
    house.session.execute(update(Message).values(attempt=19))
    house.session.commit()
    with write_transaction(house.session) as session:
        lease = claims.acquire_lease(session, house.route_id, "a")
    assert lease is not None
    with write_transaction(house.session) as session:
        (claimed,) = claims.take(session, lease, 5, 5.0, lease.taking(0))
    with write_transaction(house.session) as session:
        outcomes.record(session, [(claimed, outcomes.NOT_SENT)], ScriptedGateway().capabilities)
    (message,) = house.messages(task)
    assert (message.status, message.attempt, message.error_code) == ("queued", 20, "not_sent")
    assert message.not_before is not None
    assert message.not_before <= now()


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
