"""Suppressed numbers are never sent to nor charged, whenever they were suppressed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from sqlalchemy import update

from app.clock import now
from app.database import write_transaction
from app.lists.suppression import left_out_undone, suppress_numbers
from app.models import BannedWordEntry, Chore, Message, Rejection, SuppressionSource, Task, TaskState
from app.sending import holding, steering
from app.sending.drafting.drafts import check_again
from app.sending.suppressed import SuppressedMeanwhile
from app.sending.sweep import start_due
from jobs.lists import leave_out
from jobs.ticker import tick
from tests.factories.accounts import make_account
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import House, count

A, B = "+61412000001", "+61412000002"


def suppress(house: House, *numbers: str, everybody: bool = False) -> None:
    account_id = None if everybody else house.account_id
    with write_transaction(house.session):
        suppress_numbers(house.session, account_id, numbers, SuppressionSource.TYPED)


def let_seconds_pass(house: House) -> None:
    """As if what was just suppressed had been so for some seconds."""
    house.session.execute(update(Chore).values(done_at=now() - timedelta(seconds=15)))
    house.session.commit()


@pytest.mark.parametrize("everybody", [False, True], ids=["own list", "everybody's list"])
def test_the_check_leaves_them_out_with_a_reason_of_their_own(
    any_app: Flask, house: House, everybody: bool
) -> None:
    suppress(house, A, everybody=everybody)
    task = house.ready(A, B)
    assert task.state == TaskState.READY
    assert task.quote is not None
    assert (task.quote["recipients"], task.quote["total"]) == (1, 1_000)
    rejection = house.session.query(Rejection).one()
    assert (rejection.reason, rejection.written) == ("suppressed", A)


def test_another_accounts_list_does_not_matter(house: House) -> None:
    other = make_account(house.session).id
    with write_transaction(house.session):
        suppress_numbers(house.session, other, [A], SuppressionSource.TYPED)
    task = house.ready(A)
    assert task.state == TaskState.READY


def test_a_number_suppressed_after_the_check_stops_the_submission(any_app: Flask, house: House) -> None:
    task = house.ready(A, B)
    suppress(house, A)
    with pytest.raises(SuppressedMeanwhile, match="One of these numbers"):
        house.submit(task)
    assert house.balance() == (10_000_000, 0)
    assert count(house.session, Message) == 0
    with write_transaction(house.session):
        check_again(house.session, house.account_id, task.public_id)
    task = house.submit(house.check(house.now(task)))
    assert (task.total, task.price) == (1, 1_000)


def test_a_number_suppressed_before_the_set_time_is_released_when_the_task_starts(
    any_app: Flask, house: House
) -> None:
    task = house.submit(house.ready(A, B, scheduled_at=now() + timedelta(hours=1)))
    suppress(house, A)
    _start(house, task)
    assert house.statuses(task) == {"queued": 1, "cancelled": 1}
    assert house.now(task).cancelled == 1
    assert house.balance() == (9_999_000, 1_000)
    left_out = next(each for each in house.messages(task) if each.e164 == A)
    assert left_out.error_code == "suppressed"


def test_a_task_whose_numbers_are_all_suppressed_is_over_at_its_start(house: House) -> None:
    task = house.submit(house.ready(A, scheduled_at=now() + timedelta(hours=1)))
    suppress(house, A)
    _start(house, task)
    assert house.now(task).state == TaskState.DONE
    assert house.balance() == (10_000_000, 0)


def _start(house: House, task: Task) -> None:
    house.session.rollback()
    stored = house.session.get_one(Task, task.id)
    stored.scheduled_at = now() - timedelta(seconds=1)
    house.session.commit()
    with write_transaction(house.session):
        start_due(house.session, timedelta(hours=1))


def test_a_number_suppressed_while_the_task_was_paused_is_left_out_when_it_is_resumed(house: House) -> None:
    task = house.submit(house.ready(A, B))
    with write_transaction(house.session) as session:
        steering.pause(session, house.account_id, task.public_id)
    suppress(house, A)
    with write_transaction(house.session) as session:
        steering.resume(session, house.account_id, task.public_id)
    assert house.statuses(task) == {"queued": 1, "cancelled": 1}
    assert house.balance() == (9_999_000, 1_000)


@pytest.mark.parametrize("everybody", [False, True])
def test_a_number_suppressed_while_the_task_runs_is_left_out_of_what_is_queued(
    any_app: Flask, house: House, everybody: bool
) -> None:
    task = house.submit(house.ready(A, B))
    account_id = None if everybody else house.account_id
    with write_transaction(house.session):
        suppress_numbers(house.session, account_id, [A], SuppressionSource.OPT_OUT)
    leave_out(account_id or 0)
    assert house.statuses(task) == {"queued": 1, "cancelled": 1}
    assert house.balance() == (9_999_000, 1_000)
    leave_out(account_id or 0)
    assert house.statuses(task) == {"queued": 1, "cancelled": 1}


@pytest.mark.parametrize("everybody", [False, True])
def test_a_lost_job_is_asked_for_again_until_they_are_left_out(
    any_app: Flask, house: House, redis: Redis, everybody: bool
) -> None:
    task = house.submit(house.ready(A, B))
    suppress(house, A, everybody=everybody)
    redis.flushall()
    let_seconds_pass(house)
    tick(house.session, house.settings)
    asked = [job for job in Queue("intake", connection=redis).jobs if job.func_name == "jobs.lists.leave_out"]
    assert [job.args for job in asked] == [(0 if everybody else house.account_id,)]
    leave_out(*asked[0].args)
    assert house.statuses(task) == {"queued": 1, "cancelled": 1}
    redis.flushall()
    tick(house.session, house.settings)
    assert Queue("intake", connection=redis).jobs == []


def test_a_task_whose_submission_was_under_way_is_found_by_a_second_look(
    any_app: Flask, house: House
) -> None:
    suppress(house, A)
    leave_out(house.account_id)
    task = make_submitted_task(house.session, house.owner, house.route, messages=1)
    house.session.execute(update(Message).values(e164=A))
    house.session.commit()
    assert left_out_undone(house.session) == {}
    let_seconds_pass(house)
    assert list(left_out_undone(house.session).values()) == [house.account_id]
    house.session.rollback()
    leave_out(house.account_id)
    assert house.statuses(task) == {"cancelled": 1}
    assert left_out_undone(house.session) == {}


def test_a_number_suppressed_while_staff_looked_is_left_out_at_the_release(house: House) -> None:
    house.session.add(BannedWordEntry(word="oyster", category="test", severity="hold"))
    house.session.commit()
    task = house.submit(house.ready(A, B, content="An oyster for you."))
    assert task.state == TaskState.HELD
    suppress(house, A)
    with write_transaction(house.session) as session:
        holding.release(session, task.id, timedelta(hours=6))
    assert house.statuses(task) == {"queued": 1, "cancelled": 1}
