"""A task is paused and resumed by its owner or by staff; nothing is lost, and nothing leaves meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import standing
from app.clock import now
from app.database import write_transaction
from app.desk import task_acts
from app.desk.audit_log import Actor
from app.errors import InvalidMove, NotAllowed, NotFound
from app.extensions import db
from app.gateways.base import Accepted, Deferred, Outcome, OutgoingMessage
from app.models import AuditEvent, Suppression, Task, TaskState
from app.sending import steering, sweep
from app.sending.dispatch import claims
from tests.factories.tasks import make_draft, make_submitted_task
from tests.factories.users import make_owner
from tests.sending.engine import House, ScriptedGateway, pump


def pause(house: House, task: Task, **how: object) -> Task:
    with write_transaction(house.session):
        return steering.pause(house.session, house.account_id, task.public_id, **how)  # type: ignore[arg-type]


def resume(house: House, task: Task, **how: object) -> Task:
    with write_transaction(house.session):
        return steering.resume(house.session, house.account_id, task.public_id, **how)  # type: ignore[arg-type]


def test_a_paused_task_sends_nothing_more_until_it_is_resumed(any_app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=200)
    public_id, account_id = task.public_id, house.account_id
    house.session.rollback()
    gateway = ScriptedGateway()

    def pause_meanwhile(message: OutgoingMessage) -> Outcome:
        if len(gateway.sent) == 30:
            with any_app.app_context(), Session(db.engine) as other, write_transaction(other):
                steering.pause(other, account_id, public_id)
        return Accepted(message.reference)

    gateway.answer = pause_meanwhile
    pump(any_app, house.route_id, gateway, rate=200)
    left = len(gateway.sent)
    assert 30 <= left < 150  # what was taken may leave, what waits may not
    assert house.statuses(task) == {"accepted": left, "queued": 200 - left}
    assert house.now(task).state == TaskState.PAUSED
    assert claims.routes_with_work(house.session) == []
    assert resume(house, task).state == TaskState.RUNNING
    assert claims.routes_with_work(house.session) == [house.route_id]
    house.session.rollback()
    pump(any_app, house.route_id, gateway)
    assert sorted(gateway.references) == sorted(message.reference for message in house.messages(task))
    assert house.now(task).state == TaskState.DONE


def test_nothing_is_taken_once_the_pause_stands(any_app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=5)
    with write_transaction(house.session):
        lease = claims.acquire_lease(house.session, house.route_id, "a pump")
        assert lease is not None
        assert len(claims.take(house.session, lease, 2, 5.0, lease.taking(0))) == 2
    pause(house, task)
    with write_transaction(house.session):
        assert claims.take(house.session, lease, 5, 5.0, lease.taking(1)) == []
    assert house.statuses(task) == {"sending": 2, "queued": 3}  # those are on the wire
    resume(house, task)
    with write_transaction(house.session):
        assert len(claims.take(house.session, lease, 5, 5.0, lease.taking(2))) == 3


def test_a_task_that_overslept_its_time_is_resumed(any_app: Flask, house: House) -> None:
    task = make_submitted_task(
        house.session,
        house.owner,
        house.route,
        state=TaskState.SCHEDULED,
        scheduled_at=now() - timedelta(hours=9),
    )
    with write_transaction(house.session):
        sweep.start_due(house.session, timedelta(hours=1))
    assert "Resume it" in (house.now(task).state_reason or "")
    resumed = resume(house, task)
    assert (resumed.state, resumed.state_reason) == (TaskState.RUNNING, None)
    assert resumed.started_at is not None


def test_a_number_suppressed_while_the_task_was_paused_is_left_out(house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=1)
    pause(house, task)
    number = house.messages(task)[0].e164
    with write_transaction(house.session):
        house.session.add(Suppression(account_id=house.account_id, e164=number, source="added"))
    assert resume(house, task).state == TaskState.DONE
    assert house.statuses(task) == {"cancelled": 1}


def test_a_paused_task_is_done_when_the_last_of_it_was_on_the_wire(any_app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=1)
    public_id, account_id = task.public_id, house.account_id
    house.session.rollback()

    def pause_meanwhile(message: OutgoingMessage) -> Outcome:
        with any_app.app_context(), Session(db.engine) as other, write_transaction(other):
            steering.pause(other, account_id, public_id)
        return Accepted(message.reference)

    pump(any_app, house.route_id, ScriptedGateway(pause_meanwhile))
    assert house.now(task).state == TaskState.DONE


def test_what_is_put_off_on_a_paused_task_waits_with_the_rest(any_app: Flask, house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=1)
    public_id, account_id = task.public_id, house.account_id
    house.session.rollback()

    def pause_meanwhile(_message: OutgoingMessage) -> Outcome:
        with any_app.app_context(), Session(db.engine) as other, write_transaction(other):
            steering.pause(other, account_id, public_id)
        return Deferred("later", 0.0)

    pump(any_app, house.route_id, ScriptedGateway(pause_meanwhile))
    assert (house.now(task).state, house.statuses(task)) == (TaskState.PAUSED, {"queued": 1})


def test_what_staff_paused_only_staff_resume(house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route)
    assert "Complaints" in (pause(house, task, by_staff=True, reason="Complaints").state_reason or "")
    with pytest.raises(NotAllowed):
        resume(house, task)
    assert resume(house, task, by_staff=True).state == TaskState.RUNNING
    pause(house, task)
    pause(house, task, by_staff=True)  # staff take the client's pause over
    with pytest.raises(NotAllowed):
        resume(house, task)
    with write_transaction(house.session):
        steering.cancel(house.session, house.account_id, task.public_id)
    assert house.balance()[1] == 0


@pytest.mark.parametrize("by_staff", [False, True])
def test_a_suspended_account_resumes_nothing(house: House, by_staff: bool) -> None:
    task = make_submitted_task(house.session, house.owner, house.route)
    with write_transaction(house.session):
        lease = claims.acquire_lease(house.session, house.route_id, "a pump")
        assert lease is not None
        claims.take(house.session, lease, 2, 5.0, lease.taking(0))
    with write_transaction(house.session):
        standing.suspend(house.session, Actor.machine(), house.account_id, "Complaints")
    assert house.statuses(task) == {"sending": 2, "queued": 1}
    with pytest.raises(NotAllowed):
        resume(house, task, by_staff=by_staff)
    with write_transaction(house.session):
        standing.restore(house.session, Actor.machine(), house.account_id, "Settled")
    assert resume(house, task).state == TaskState.RUNNING


@pytest.mark.parametrize("state", [TaskState.READY, TaskState.SCHEDULED, TaskState.DONE, TaskState.CANCELLED])
def test_what_does_not_run_is_neither_paused_nor_resumed(house: House, state: TaskState) -> None:
    task = make_draft(house.session, house.owner, house.route, state=state)
    for act in (pause, resume):
        with pytest.raises(InvalidMove):
            act(house, task)


def test_nobody_steers_anothers_task(house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route)
    stranger = make_owner(house.session)
    assert stranger.account_id is not None
    for act in (steering.pause, steering.resume, steering.cancel):
        with pytest.raises(NotFound), write_transaction(house.session):
            act(house.session, stranger.account_id, task.public_id)


def test_every_act_is_on_the_record_once(house: House) -> None:
    task = make_submitted_task(house.session, house.owner, house.route)
    actor = Actor.of(house.owner, "192.0.2.1")
    account_id, public_id = house.account_id, task.public_id
    for act in (task_acts.pause, task_acts.pause, task_acts.resume, task_acts.cancel, task_acts.cancel):
        with write_transaction(house.session):
            act(house.session, actor, account_id, public_id)
    events = house.session.execute(
        select(AuditEvent.action, AuditEvent.subject, AuditEvent.ip).order_by(AuditEvent.id)
    ).all()
    assert events == [
        (action, f"task:{task.id}", "192.0.2.1") for action in ("task.pause", "task.resume", "task.cancel")
    ]
