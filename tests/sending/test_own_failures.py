"""Tries that end by our own doing take none of the tries that a message may have, and none goes round for ever."""

from __future__ import annotations

import itertools

import pytest
from flask import Flask
from sqlalchemy import update

from app.clock import now
from app.database import write_transaction
from app.gateways.base import Deferred, Outcome
from app.gateways.errors import ErrorCode
from app.models import Message, Task
from app.sending import sweep
from app.sending.dispatch import claims, outcomes
from app.sending.dispatch.outcomes import NOT_SENT
from app.sending.dispatch.retries import OWN_FAILURES_SPARED, counted
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import SPANS, House, ScriptedGateway
from tests.sending.test_may_have_left import in_transaction, lapse

CAN = ScriptedGateway(dedupes=True).capabilities


@pytest.fixture
def task(house: House) -> Task:
    task = make_submitted_task(house.session, house.owner, house.route, messages=1)
    house.session.rollback()
    return task


_numbers = itertools.count()


def fence(house: House) -> list[claims.Claimed]:
    """A pump takes what waits; every gap is over."""
    house.session.execute(update(Message).values(not_before=None))
    house.session.commit()
    with write_transaction(house.session):
        lease = claims.Lease(house.route_id, "a pump", 1, 0.0, SPANS)
        return claims.take(house.session, lease, 1, 5.0, lease.taking(next(_numbers)))


def interrupt(house: House) -> None:
    """A worker takes what waits, and dies."""
    assert fence(house)
    lapse(house)
    in_transaction(house, sweep.doubt_lapsed_sends, frozenset({house.route_id}))


def answer(house: House, outcome: Outcome) -> None:
    in_transaction(house, outcomes.record, [(taken, outcome) for taken in fence(house)], CAN)


def message(house: House, task: Task) -> Message:
    return house.messages(task)[0]


def test_workers_that_die_leave_a_message_its_tries(any_app: Flask, house: House, task: Task) -> None:
    """A system error is tried again twice."""
    for _ in range(3):
        interrupt(house)
        answer(house, NOT_SENT)
    for _ in range(2):
        answer(house, Deferred(ErrorCode.SYSTEM_ERROR))
        assert message(house, task).status == "queued"
    answer(house, Deferred(ErrorCode.SYSTEM_ERROR))
    assert message(house, task).status == "in_doubt"  # a struck worker may have sent it
    assert (message(house, task).attempt, message(house, task).own_failures) == (9, 6)


def test_gaps_grow_by_what_the_carrier_said_not_by_our_own_failures(house: House, task: Task) -> None:
    for _ in range(3):
        answer(house, NOT_SENT)
    answer(house, Deferred(ErrorCode.QUEUE_FULL))
    gap = message(house, task).not_before - now()  # type: ignore[operator]
    assert 100 < gap.total_seconds() <= 180


def test_what_never_left_fails_after_its_own_tries_and_is_released(house: House, task: Task) -> None:
    for _ in range(5):
        answer(house, NOT_SENT)
    for _ in range(3):
        answer(house, Deferred(ErrorCode.SYSTEM_ERROR))
    assert message(house, task).status == "failed"
    assert house.balance()[1] == 0


def test_a_message_that_ends_every_worker_is_left_in_doubt_at_last(
    any_app: Flask, house: House, task: Task
) -> None:
    for _ in range(OWN_FAILURES_SPARED):
        interrupt(house)
        assert message(house, task).status == "queued"
    interrupt(house)
    assert message(house, task).status == "in_doubt"
    assert fence(house) == []


def test_only_so_many_are_spared() -> None:
    assert [counted(9, own) for own in (0, 3, 8)] == [9, 6, 1]
    assert counted(30, 29) == 30 - OWN_FAILURES_SPARED
    assert counted(1, 1) == 1
