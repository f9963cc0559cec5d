"""One pump holds a route; what it takes is fenced, and nobody sends it again."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.models import Account, Message, PumpLease, TaskState
from app.sending.dispatch import claims
from app.sending.dispatch.claims import Claimed, Lease, LeaseLost, Spans, Taking
from app.sending.dispatch.pace import Handover
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import House, at_once


def acquire(house: House, holder: str = "one", spans: Spans = Spans()) -> Lease | None:  # noqa: B008
    with write_transaction(house.session):
        return claims.acquire_lease(house.session, house.route_id, holder, spans)


_numbers = count()


def take(house: House, lease: Lease, size: int = 100, taking: Taking | None = None) -> list[Claimed]:
    """What a pump does: one transaction, that ends when the lease is another's."""
    with write_transaction(house.session):
        claims.require_lease(house.session, lease)
        return claims.take(house.session, lease, size, 5.0, taking or lease.taking(next(_numbers)))


def held(house: House, **columns: object) -> Lease:
    """The lease, on a route with a task of five messages."""
    make_submitted_task(house.session, house.owner, house.route, messages=5, **columns)
    lease = acquire(house)
    assert lease is not None
    return lease


def expire_lease(house: House, moment: timedelta = timedelta(0)) -> None:
    house.session.execute(update(PumpLease).values(expires_at=now() + moment))
    house.session.commit()


def test_of_many_pumps_at_once_one_gets_the_route(any_app: Flask, house: House) -> None:
    route_id = house.route_id
    house.session.rollback()

    def acquire(session: Session) -> str:
        with write_transaction(session):
            return "held" if claims.acquire_lease(session, route_id, str(id(session))) else "busy"

    assert at_once(any_app, [acquire] * 8) == {"held": 1, "busy": 7}


def test_a_lease_given_back_is_free_at_once_and_keeps_the_pace(any_app: Flask, house: House) -> None:
    lease = acquire(house)
    assert lease is not None
    with write_transaction(house.session):
        claims.give_back(house.session, lease, Handover(1234.5, (1233.25, 1234.25)))
    after = acquire(house, "two")
    assert after is not None
    assert (after.fence, after.handover) == (lease.fence + 1, Handover(1234.5, (1233.25, 1234.25)))


def test_who_follows_a_pump_that_gave_nothing_back_knows_it(any_app: Flask, house: House) -> None:
    """What an earlier one handed over says nothing of what the last one sent."""
    first = acquire(house)
    assert first is not None
    assert first.handover == Handover()  # nobody ever held it
    with write_transaction(house.session):
        claims.give_back(house.session, first, Handover(1234.5))
    lost = acquire(house, "two")
    assert lost is not None
    with write_transaction(house.session):
        claims.renew_lease(house.session, lost)
    expire_lease(house)
    after = acquire(house, "three")
    assert after is not None
    assert after.handover is None


def test_an_expired_lease_is_taken_over_and_the_old_pump_finds_nothing(any_app: Flask, house: House) -> None:
    old = held(house)
    assert len(take(house, old, 2)) == 2
    expire_lease(house)
    new = acquire(house, "two")
    assert new is not None

    with pytest.raises(LeaseLost), write_transaction(house.session):
        claims.renew_lease(house.session, old)
    with pytest.raises(LeaseLost):
        take(house, old)
    assert len(take(house, new)) == 3
    assert {message.attempt for message in house.session.query(Message)} == {1}


def test_a_lease_cannot_be_taken_over_while_its_pump_takes(any_app: Flask, house: House) -> None:
    """The fence stands before the next pump may look, or it does not stand at all."""
    lease = held(house)
    expire_lease(house)
    began, taken = Event(), Event()

    def slowly(session: Session) -> str:
        with write_transaction(session):
            claims.require_lease(session, lease)
            began.set()
            taken.wait(0.5)
            return f"old {len(claims.take(session, lease, 5, 5.0, lease.taking(0)))}"

    def thief(session: Session) -> str:
        began.wait(60)
        with write_transaction(session):
            theirs = claims.acquire_lease(session, lease.route_id, "two")
            assert theirs is not None
            return f"new {len(claims.take(session, theirs, 5, 5.0, theirs.taking(0)))}"

    house.session.rollback()
    assert at_once(any_app, [slowly, thief]) == {"old 5": 1, "new 0": 1}


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumps_an_hour_leaves_no_route_asleep(house: House, hours: int) -> None:
    """A lease written an hour ahead of the clock belongs to nobody either."""
    held(house)
    expire_lease(house, timedelta(hours=hours))
    assert claims.routes_with_work(house.session) == [house.route_id]
    assert acquire(house, "two") is not None


def test_what_is_taken_is_taken_once(any_app: Flask, house: House) -> None:
    lease = held(house)
    first = take(house, lease, 3)
    assert [each.attempt for each in first] == [1, 1, 1]
    second = take(house, lease, 3)
    assert len(second) == 2
    assert not {each.message_id for each in first} & {each.message_id for each in second}
    assert take(house, lease) == []
    assert {message.status for message in house.session.query(Message)} == {"sending"}


def test_taking_again_after_an_unheard_commit_finds_the_same_messages(any_app: Flask, house: House) -> None:
    lease = held(house)
    taking = lease.taking(7)
    first = take(house, lease, 3, taking)
    assert take(house, lease, 3, taking) == first
    assert {message.attempt for message in house.session.query(Message)} == {0, 1}
    assert len(take(house, lease)) == 2


def test_taking_again_after_a_commit_that_failed_takes_afresh(any_app: Flask, house: House) -> None:
    lease = held(house)
    taking = lease.taking(7)
    with write_transaction(house.session):
        claims.take(house.session, lease, 3, 5.0, taking)
        house.session.rollback()
    assert len(take(house, lease, 3, taking)) == 3
    assert len(take(house, lease)) == 2


def test_a_message_is_not_taken_before_its_time(house: House) -> None:
    lease = held(house)
    house.session.execute(
        update(Message).where(Message.row > 3).values(not_before=now() + timedelta(hours=1))
    )
    house.session.commit()
    assert len(take(house, lease)) == 2


@pytest.mark.parametrize("state", [TaskState.SCHEDULED, TaskState.PAUSED])
def test_only_running_tasks_are_taken(house: House, state: TaskState) -> None:
    assert take(house, held(house, state=state)) == []


def test_a_stopped_account_and_a_paused_route_send_nothing(any_app: Flask, house: House) -> None:
    lease = held(house)
    account = house.session.get_one(Account, house.account_id)
    account.stopped_reason = "The books differ."
    house.session.commit()
    assert take(house, lease) == []
    assert claims.routes_with_work(house.session) == []
    account.stopped_reason = None
    house.route.paused_reason = "Maintenance."
    house.session.commit()
    assert take(house, lease) == []
    house.route.paused_reason = None
    house.session.commit()
    assert len(take(house, lease)) == 5


def test_tasks_take_turns_whatever_the_clock_does(
    any_app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = held(house)
    make_submitted_task(house.session, house.owner, house.route, messages=5)
    turns = []
    real = now()
    for jump in (0, 0, -3600, -3600, 7200, 7200):
        moment = real + timedelta(seconds=jump)
        monkeypatch.setattr("app.sending.dispatch.claims.now", lambda moment=moment: moment)
        turns += [each.task_id for each in take(house, lease, 1)]
    assert turns[:2] == turns[2:4] == turns[4:]
    assert turns[0] != turns[1]


def test_another_routes_messages_are_not_touched(house: House) -> None:
    held(house)
    other = make_route(house.session)
    with write_transaction(house.session):
        lease = claims.acquire_lease(house.session, other.id, "two")
    assert lease is not None
    assert take(house, lease) == []
