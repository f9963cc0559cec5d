"""A task that has not begun is moved to another time; what has begun, or was moved meanwhile, is not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.desk import task_acts
from app.desk.audit_log import Actor
from app.errors import Conflict, NotFound, TaskRefused
from app.extensions import db
from app.models import AuditEvent, Rollup, Task, TaskState
from app.sending import steering, sweep
from tests.factories.accounts import make_account
from tests.sending.engine import House

DAY = timedelta(days=1)


def scheduled(house: House, after: timedelta = DAY) -> Task:
    return house.submit(house.ready("+61412000001", "+14155552671", scheduled_at=now() + after))


def move(house: House, task: Task, after: timedelta, **seen: object) -> Task:
    actor = Actor.of(house.owner, "10.0.0.1")
    with write_transaction(house.session):
        return task_acts.move(house.session, actor, house.account_id, task.public_id, now() + after, **seen)  # type: ignore[arg-type]


def days(house: House) -> dict[tuple[date, str], int]:
    rows = house.session.execute(select(Rollup.day, Rollup.region, Rollup.messages, Rollup.tasks)).all()
    return {(day, region): messages or tasks for day, region, messages, tasks in rows if messages or tasks}


def test_its_hold_stays_its_day_goes_along_and_it_is_on_record(any_app: Flask, house: House) -> None:
    task = scheduled(house)
    held, public_id, was = house.balance()[1], task.public_id, task.scheduled_at
    moved = move(house, task, 5 * DAY)
    day = moved.day
    assert (moved.state, house.balance()[1]) == (TaskState.SCHEDULED, held)
    assert days(house) == {(day, ""): 1, (day, "AU"): 1, (day, "US"): 1}
    event = house.session.scalars(select(AuditEvent).where(AuditEvent.action == "task.move")).one()
    assert event.before == {"scheduled_at": was.isoformat()}
    assert sweep.start_due(house.session, DAY) == []
    house.session.rollback()
    with pytest.raises(NotFound):
        steering.move(house.session, make_account(house.session).id, public_id, now() + DAY)


def test_what_has_begun_is_over_or_was_moved_meanwhile_is_a_conflict(house: House) -> None:
    task = scheduled(house)
    seen = task.scheduled_at
    move(house, task, 2 * DAY, seen=seen)
    with pytest.raises(Conflict, match="Somebody else"):
        move(house, house.now(task), 3 * DAY, seen=seen)
    house.cancel(house.now(task))
    with pytest.raises(Conflict, match="begun or is over"):
        move(house, house.now(task), 3 * DAY)
    running = house.submit(house.ready("+61412000003"))
    with pytest.raises(Conflict, match="begun or is over"):
        move(house, running, 3 * DAY)


def test_a_time_that_has_passed_or_comes_after_its_end_is_refused(house: House) -> None:
    task = scheduled(house)
    with pytest.raises(TaskRefused, match="has passed"):
        move(house, task, -DAY)
    with write_transaction(house.session):
        house.now(task).send_before = now() + 2 * DAY
    with pytest.raises(TaskRefused, match="over before then"):
        move(house, house.now(task), 3 * DAY)


@pytest.mark.only_on("postgresql")  # SQLite has one writer at a time
def test_a_ticker_leaves_a_task_that_is_being_moved(any_app: Flask, house: House) -> None:
    """The ticker found it due; it was moved before the ticker could start it."""
    task = scheduled(house, timedelta(hours=1))
    public_id, account_id, task_id = task.public_id, house.account_id, task.id
    with write_transaction(house.session):
        house.session.get_one(Task, task_id).scheduled_at = now() - timedelta(minutes=1)
    house.session.rollback()
    with Session(db.engine) as other, write_transaction(other):
        steering.move(other, account_id, public_id, now() + DAY)
        with write_transaction(house.session):
            assert sweep.start_due(house.session, DAY) == []
    assert house.now(task).state == TaskState.SCHEDULED
