"""What nobody finished is found in the database alone, and put right once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.models import ChargeWhen, Message, Task, TaskState
from app.sending import sweep
from tests.factories.messages import age
from tests.factories.tasks import make_draft, make_submitted_task
from tests.sending.engine import House, ScriptedGateway, at_once, count, make_house, pump

HOUR = timedelta(hours=1)


def on_the_way(house: House, status: str, lapses_in: timedelta, messages: int = 3) -> Task:
    """A task whose messages a pump took and never came back to."""
    task = make_submitted_task(house.session, house.owner, house.route, messages=messages)
    house.session.execute(
        update(Message)
        .where(Message.task_id == task.id)
        .values(status=status, claim="1.1", attempt=1, sent_at=now(), claim_expires_at=now() + lapses_in)
    )
    house.session.commit()
    return task


def swept(house: House, function, *arguments):  # type: ignore[no-untyped-def]
    house.session.rollback()
    with write_transaction(house.session):
        return function(house.session, *arguments)


@pytest.mark.parametrize("ahead", [HOUR, timedelta(days=300)])
def test_a_claim_that_outlives_every_claim_has_lapsed(house: House, ahead: timedelta) -> None:
    """The clock was set back since it was written."""
    sending = on_the_way(house, "sending", ahead)
    assert swept(house, sweep.doubt_lapsed_sends, frozenset()) == 3
    assert house.statuses(sending) == {"in_doubt": 3}


def test_lapsed_sends_are_in_doubt_and_never_go_out_again(any_app: Flask, house: House) -> None:
    task = on_the_way(house, "sending", -timedelta(seconds=1))
    fresh = on_the_way(house, "sending", timedelta(seconds=30))
    assert swept(house, sweep.doubt_lapsed_sends, frozenset()) == 3
    gateway = ScriptedGateway()
    pump(any_app, house.route_id, gateway)
    assert gateway.sent == []
    assert (house.now(task).state, house.statuses(task)) == (TaskState.DONE, {"in_doubt": 3})
    assert (house.now(fresh).state, house.statuses(fresh)) == (TaskState.RUNNING, {"sending": 3})
    assert house.balance()[1] == 6_000


def test_where_the_gateway_knows_our_reference_lapsed_sends_go_out_again(house: House) -> None:
    task = on_the_way(house, "sending", -timedelta(seconds=1))
    swept(house, sweep.doubt_lapsed_sends, frozenset({house.route_id}))
    assert (house.now(task).state, house.statuses(task)) == (TaskState.RUNNING, {"queued": 3})


def test_sweepers_at_the_same_moment_do_it_once(any_app: Flask, house: House) -> None:
    for _ in range(4):
        on_the_way(house, "sending", -timedelta(seconds=1), messages=20)
    house.session.rollback()

    def act(session: Session) -> str:
        with write_transaction(session):
            sweep.doubt_lapsed_sends(session, frozenset())
        with write_transaction(session):
            sweep.release_old_doubts(session, -HOUR)
        return "swept"

    assert at_once(any_app, [act] * 4) == {"swept": 4}
    swept(house, sweep.release_old_doubts, -HOUR)
    assert count(house.session, Message, Message.status == "failed") == 80
    assert house.balance() == (10_000_000, 0)


@pytest.mark.parametrize(
    ("status", "charge_when", "released"),
    [
        ("in_doubt", ChargeWhen.ACCEPTED, True),
        ("accepted", ChargeWhen.DELIVERED, True),
        ("accepted", ChargeWhen.ACCEPTED, False),
    ],
)
def test_what_was_never_heard_of_is_released_after_its_time(
    any_app: Flask, session: Session, status: str, charge_when: ChargeWhen, released: bool
) -> None:
    house = make_house(any_app, session)
    task = make_submitted_task(session, house.owner, house.route, charge_when=charge_when)
    session.rollback()
    gateway = ScriptedGateway()
    if status == "in_doubt":
        from app.gateways.base import InDoubt

        gateway.answer = lambda _: InDoubt("timeout")
    pump(any_app, house.route_id, gateway)

    assert swept(house, sweep.release_old_doubts, HOUR) == 0
    age(session, HOUR)
    assert swept(house, sweep.release_old_doubts, HOUR) == (3 if released else 0)
    assert house.statuses(task) == {"failed" if released else "accepted": 3}
    assert house.balance() == ((10_000_000, 0) if released else (9_997_000, 0))


def test_a_scheduled_task_starts_at_its_time_and_not_before(any_app: Flask, house: House) -> None:
    task = house.submit(house.ready("+61412000001", scheduled_at=now() + HOUR))
    assert swept(house, sweep.start_due, HOUR) == []
    house.session.execute(update(Task).values(scheduled_at=now()))
    house.session.commit()
    assert swept(house, sweep.start_due, HOUR) == [house.route_id]
    assert swept(house, sweep.start_due, HOUR) == []
    pump(any_app, house.route_id, ScriptedGateway())
    assert house.now(task).state == TaskState.DONE


def test_a_task_that_is_long_overdue_pauses_and_may_be_cancelled(any_app: Flask, house: House) -> None:
    task = house.submit(house.ready("+61412000001", scheduled_at=now() + HOUR))
    house.session.execute(update(Task).values(scheduled_at=now() - 2 * HOUR))
    house.session.commit()
    assert swept(house, sweep.start_due, HOUR) == []
    task = house.now(task)
    assert task.state == TaskState.PAUSED
    assert task.state_reason
    house.cancel(task)
    assert house.balance() == (10_000_000, 0)


def test_one_of_many_tickers_starts_a_task(any_app: Flask, house: House) -> None:
    for _ in range(3):
        task = make_submitted_task(
            house.session, house.owner, house.route, state=TaskState.SCHEDULED, scheduled_at=now()
        )
    house.session.rollback()

    def act(session: Session) -> str:
        with write_transaction(session):
            return str(len(sweep.start_due(session, HOUR)))

    started = at_once(any_app, [act] * 4)
    assert sum(int(number) * times for number, times in started.items()) == 3
    assert house.now(task).state == TaskState.RUNNING


def test_a_check_that_does_not_move_is_asked_for_again(house: House) -> None:
    task = make_draft(house.session, house.owner, house.route, state=TaskState.CHECKING)
    assert sweep.stale_checks(house.session) == []
    house.session.execute(update(Task).values(changed_at=now() - HOUR))
    house.session.commit()
    assert sweep.stale_checks(house.session) == [task.id]
    swept(house, sweep.touch_check, task.id)
    assert sweep.stale_checks(house.session) == []


def test_a_chore_is_done_once_a_period_by_one_of_many(any_app: Flask, house: House) -> None:
    def act(every: timedelta):  # type: ignore[no-untyped-def]
        def claim(session: Session) -> str:
            with write_transaction(session):
                return "ours" if sweep.claim_chore(session, "audit", every) else "not due"

        return claim

    assert at_once(any_app, [act(HOUR)] * 4) == {"not due": 4}
    swept(house, lambda session: session.execute(update(sweep.Chore).values(done_at=now() - 2 * HOUR)))
    assert at_once(any_app, [act(HOUR)] * 4) == {"ours": 1, "not due": 3}
