"""What staff and owners do while a task is being sent: nobody is written to twice, and each credit is accounted for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from app.accounts import standing
from app.clock import now
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.extensions import db
from app.gateways.base import Accepted, Outcome, OutgoingMessage
from app.models import Account, Route, Task, TaskState, User
from app.sending import steering
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import House, ScriptedGateway, pump

MESSAGES = 120


def suspend(house: House) -> None:
    session = db.session()
    standing.suspend(session, Actor.machine(), house.account_id, "Unpaid")


def leave(house: House) -> None:
    db.session().execute(update(User).where(User.id == house.owner.id).values(disabled_at=now()))


def pause_route(house: House) -> None:
    db.session().execute(update(Route).values(paused_reason="The carrier asked"))


def lower_cap(house: House) -> None:
    db.session().execute(update(Account).values(daily_cap=1))


def cancel(house: House) -> None:
    session = db.session()
    task = session.query(Task).one()
    steering.cancel(session, house.account_id, task.public_id, by_staff=True)


@pytest.mark.parametrize("act", [suspend, leave, pause_route, lower_cap, cancel])
def test_an_act_in_mid_send_leaves_each_message_once_and_the_books_right(
    any_app: Flask, house: House, act: Callable[[House], None]
) -> None:
    task = make_submitted_task(house.session, house.owner, house.route, messages=MESSAGES)
    house.session.rollback()
    gateway = ScriptedGateway(concurrency=2)

    def answer(message: OutgoingMessage) -> Outcome:
        if len(gateway.sent) == 5:
            with any_app.app_context(), write_transaction(db.session()):
                act(house)
        return Accepted(f"g-{message.reference}")

    gateway.answer = answer
    for _ in range(2):  # the first may have lost its lease, where the machine stood still in the act
        pump(any_app, house.route_id, gateway)
    statuses = house.statuses(task)
    assert len(set(gateway.references)) == len(gateway.sent) == statuses["accepted"]
    assert set(statuses) <= {"accepted", "queued", "cancelled"}
    held = house.balance()[1]
    assert held == 1_000 * statuses["queued"]
    if act is leave:
        assert house.now(task).state == TaskState.DONE
    else:
        assert statuses["accepted"] < MESSAGES
