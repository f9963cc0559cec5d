"""A cancelled task releases what has not left; what is on the wire finishes and settles."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.errors import InvalidMove, NotFound
from app.extensions import db
from app.gateways.base import Accepted, Deferred, InDoubt, Outcome, OutgoingMessage, Refused
from app.models import Message, TaskState
from app.sending import steering, sweep
from tests.factories.tasks import make_draft, make_submitted_task
from tests.factories.users import make_owner
from tests.sending.engine import House, ScriptedGateway, pump

FULL = 10_000_000


def test_a_scheduled_task_gives_its_whole_hold_back(any_app: Flask, house: House) -> None:
    task = house.submit(house.ready("+61412000001", scheduled_at=now() + timedelta(hours=1)))
    assert house.balance() == (FULL - 1_000, 1_000)
    assert house.cancel(task).state == TaskState.CANCELLED
    assert house.balance() == (FULL, 0)
    assert house.statuses(task) == {"cancelled": 1}
    house.session.execute(update(type(task)).values(scheduled_at=now()))
    house.session.commit()
    with write_transaction(house.session):
        assert sweep.start_due(house.session, timedelta(hours=1)) == []


def test_a_second_cancel_changes_nothing(house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route)
    house.cancel(task)
    assert house.cancel(task).state == TaskState.CANCELLED
    assert house.balance() == (FULL, 0)


def test_more_messages_than_a_batch_are_all_cancelled(any_app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=2_345)
    task = house.cancel(task)
    assert (task.cancelled, task.waiting) == (2_345, 0)
    assert house.balance() == (FULL, 0)


@pytest.mark.parametrize(
    ("answer", "becomes", "paid"),
    [
        (Accepted("x"), "accepted", 1_000),
        (Refused("no"), "failed", 0),
        (Deferred("later", 0.0), "cancelled", 0),
        (InDoubt("silence"), "in_doubt", 1_000),
    ],
)
@pytest.mark.parametrize("dedupes", [False, True])
def test_a_running_task_is_cancelled_around_what_is_on_the_wire(
    any_app: Flask, house: House, answer: Outcome, becomes: str, paid: int, dedupes: bool
) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=100)
    public_id, account_id = task.public_id, house.account_id
    house.session.rollback()
    gateway = ScriptedGateway(dedupes=dedupes)

    def cancel_meanwhile(message: OutgoingMessage) -> Outcome:
        if len(gateway.sent) < 10:
            return Accepted(message.reference)
        if len(gateway.sent) == 10:
            with any_app.app_context(), Session(db.engine) as other, write_transaction(other):
                steering.cancel(other, account_id, public_id)
        return answer

    gateway.answer = cancel_meanwhile
    pump(any_app, house.route_id, gateway, rate=100)  # fenced in twenties, so that some are on the wire
    statuses = house.statuses(task)
    late = len(gateway.sent) - 9
    assert late < 91
    expected = {"accepted": 9, "cancelled": 91 - late}
    expected[becomes] = expected.get(becomes, 0) + late
    assert statuses == expected
    assert house.now(task).state == TaskState.CANCELLED
    available, held = house.balance()
    assert available == FULL - 9_000 - late * paid
    assert held == (late * 1_000 if becomes == "in_doubt" else 0)


def test_what_lapsed_on_the_wire_of_a_cancelled_task_is_in_doubt_everywhere(house: House) -> None:
    """Also where it could be sent again: the client wants no more to go out."""
    task = make_submitted_task(house.session, house.owner, house.route, messages=1)
    house.session.execute(update(Message).values(status="sending", claim="1.1", claim_expires_at=now()))
    house.session.commit()
    house.cancel(task)
    with write_transaction(house.session):
        sweep.doubt_lapsed_sends(house.session, frozenset({house.route_id}))
    assert house.statuses(task) == {"in_doubt": 1}


@pytest.mark.parametrize("state", [TaskState.DRAFT, TaskState.READY, TaskState.DISCARDED, TaskState.DONE])
def test_what_is_not_on_its_way_cannot_be_cancelled(house: House, state: TaskState) -> None:
    task = make_draft(house.session, house.owner, house.route, state=state)
    with pytest.raises(InvalidMove):
        house.cancel(task)


def test_nobody_cancels_anothers_task(house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route)
    stranger = make_owner(house.session)
    assert stranger.account_id is not None
    with pytest.raises(NotFound), write_transaction(house.session):
        steering.cancel(house.session, stranger.account_id, task.public_id)
