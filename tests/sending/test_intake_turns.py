"""Accounts take turns at the checks: many drafts of one hold up nobody else's, and none is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis, RedisError
from rq import Queue, SimpleWorker
from rq.job import Job
from sqlalchemy import select, update

from app.clock import now
from app.database import write_transaction
from app.lists import saved, suppression_upload
from app.models import RecipientList, SuppressionUpload, Task, TaskState
from app.sending import intake_turns, sweep
from tests.sending.engine import House, make_house

NUMBER = "+61412000001"


@pytest.fixture
def other(app: Flask, house: House) -> House:
    """An account beside the first."""
    return make_house(app, house.session)


def next_turn(house: House, redis: Redis) -> int | None:
    """The draft that a free worker checks next; None where nothing is queued."""
    turn = next_job(house, redis)
    return turn.subject_id if turn is not None else None


def next_job(house: House, redis: Redis) -> intake_turns.Turn | None:
    """What a free worker takes on next."""
    queue = Queue("intake", connection=redis)
    if not queue.count:
        return None
    job_id = queue.pop_job_id()
    assert job_id is not None
    job = Job.fetch(job_id, connection=redis)
    turn = intake_turns.take_turn(house.session, job.func_name, job.args[0])
    job.delete()
    return turn


def work_off(house: House, redis: Redis) -> list[int]:
    """Check until the queue is empty; the drafts in the order in which they were checked."""
    order = []
    while (task_id := next_turn(house, redis)) is not None:
        waits = house.session.get_one(Task, task_id, populate_existing=True).state == TaskState.CHECKING
        house.check(house.session.get_one(Task, task_id))
        order += [task_id] if waits else []
    return order


def states(house: House) -> set[str]:
    house.session.rollback()
    return set(house.session.scalars(select(Task.state)))


def test_an_account_with_many_drafts_gives_way_after_each(house: House, other: House, redis: Redis) -> None:
    many = [house.quick(NUMBER).id for _ in range(6)]
    assert next_turn(house, redis) == many[0]
    house.check(house.session.get_one(Task, many[0]))
    late = [other.quick(NUMBER).id for _ in range(2)]
    order = work_off(house, redis)
    assert sorted(order) == sorted(many[1:] + late)
    assert (order[0], order[2]) == (late[0], late[1])
    assert states(house) == {TaskState.READY}
    assert list(redis.scan_iter("rq:job:*")) == []


def test_two_accounts_that_never_stop_are_served_in_turn(house: House, other: House, redis: Redis) -> None:
    first = [house.quick(NUMBER).id for _ in range(4)]
    second = [other.quick(NUMBER).id for _ in range(4)]
    order = work_off(house, redis)
    assert len(order) == 8
    assert [task_id in first for task_id in order] == [True, False] * 4
    assert sorted(order) == sorted(first + second)


def test_alone_an_account_keeps_its_order(house: House, redis: Redis) -> None:
    many = [house.quick(NUMBER).id for _ in range(3)]
    assert work_off(house, redis) == many


def test_a_worker_that_dies_with_the_turn_of_another_loses_neither(
    house: House, other: House, redis: Redis
) -> None:
    first, second = house.quick(NUMBER).id, house.quick(NUMBER).id
    next_turn(house, redis)
    house.check(house.session.get_one(Task, first))
    waiting = other.quick(NUMBER).id
    assert next_turn(house, redis) == waiting  # and there the worker dies
    queued = [Job.fetch(each, connection=redis).args[0] for each in Queue("intake", connection=redis).job_ids]
    assert queued == [second]
    house.session.execute(
        update(Task).where(Task.id == waiting).values(changed_at=now() - timedelta(minutes=1))
    )
    house.session.commit()
    assert sweep.stale_checks(house.session) == [waiting]


def test_without_word_from_redis_it_is_first_come_first_served(
    house: House, other: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Redis:
        raise RedisError("away")

    first = house.quick(NUMBER).id
    other.quick(NUMBER)
    monkeypatch.setattr(intake_turns, "connection", away)
    own = ("jobs.intake.check", first)
    assert intake_turns.take_turn(house.session, *own) == own


def test_large_lists_of_one_hold_up_neither_anothers_draft_nor_its_list(
    house: House, other: House, redis: Redis
) -> None:
    def upload(of: House, name: str) -> int:
        with write_transaction(of.session) as session:
            return saved.save_upload(session, of.owner.id, of.account_id, name, "key", "n.csv").id

    many = [upload(house, f"List {number}") for number in range(3)]
    with write_transaction(house.session) as session:
        numbers = suppression_upload.ask(session, house.owner.id, house.account_id, "key", "n.csv", "").id
    late, draft = upload(other, "Mine"), other.quick(NUMBER).id
    done = []
    while (turn := next_job(house, redis)) is not None:
        subject = {"check": Task, "read_list": RecipientList, "read_suppressions": SuppressionUpload}
        what = turn.job.rpartition(".")[2]
        found = house.session.get_one(subject[what], turn.subject_id)
        done += [(what, found.id)] if found.state in ("checking", "reading") else []
        found.state = "ready"
        house.session.commit()
    first = [("read_list", each) for each in many]
    # The others come in turn with the first's own: a draft, which somebody waits for, before a list.
    assert [done.index(("check", draft)), done.index(("read_list", late))] == [1, 3]
    assert sorted(done) == sorted(
        [*first, ("read_suppressions", numbers), ("check", draft), ("read_list", late)]
    )


def test_a_worker_checks_them_all_in_turn(house: House, other: House, redis: Redis) -> None:
    for _ in range(3):
        house.quick(NUMBER)
    late = other.quick(NUMBER)
    SimpleWorker(["intake"], connection=redis).work(burst=True, logging_level="WARNING")
    assert states(house) == {TaskState.READY}
    assert set(house.session.scalars(select(Task.check_attempts))) == {1}
    checked = house.session.scalars(select(Task.id).order_by(Task.changed_at)).all()
    assert checked[1] == late.id
    assert list(redis.scan_iter("rq:job:*")) == []
