"""Two large tasks and one quick message: the quick one does not wait behind them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.extensions import db
from app.gateways.base import Accepted, Outcome, OutgoingMessage
from app.models import Message, Route, User
from tests.factories.accounts import make_account
from tests.factories.tasks import make_submitted_task
from tests.factories.users import make_owner
from tests.sending.engine import House, ScriptedGateway, make_pump

RATE = 300


def test_a_quick_message_leaves_within_two_seconds_of_its_submission_between_two_clients_of_thousands(
    any_app: Flask, house: House
) -> None:
    other = make_owner(house.session, make_account(house.session, available=10_000_000))
    third = make_owner(house.session, make_account(house.session, available=10_000_000))
    for owner in (house.owner, other):
        make_submitted_task(house.session, owner, house.route, messages=5_000)
    quick: list[str] = []  # its reference
    submitted_at: list[float] = []
    third_id, route_id = third.id, house.route_id
    house.session.rollback()
    gateway = ScriptedGateway()
    running = make_pump(any_app, route_id, gateway, rate=RATE)

    def submit() -> None:
        with any_app.app_context(), Session(db.engine) as session:
            owner, route = session.get_one(User, third_id), session.get_one(Route, route_id)
            task = make_submitted_task(session, owner, route, messages=1)
            quick.extend(session.scalars(select(Message.reference).where(Message.task_id == task.id)))
        submitted_at.append(time.monotonic())

    def answer(message: OutgoingMessage) -> Outcome:
        if message.reference in quick or len(gateway.sent) > 1_500:
            running.stop()
        return Accepted(message.reference)

    gateway.answer = answer

    async def act() -> None:
        pumping = asyncio.create_task(running.run())
        while len(gateway.sent) < 200:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(submit)
        await pumping

    asyncio.run(act())
    left = [at for at, message in gateway.sent if message.reference in quick]
    assert len(left) == 1
    before = [at for at, _ in gateway.sent if submitted_at[0] < at < left[0]]
    assert len(before) < 2.0 * RATE  # by the rate: a busy machine gives all of them less
    rows = house.session.execute(select(Message.reference, Message.task_id))
    tasks = {row.reference: row.task_id for row in rows}
    counts = Counter(tasks[message.reference] for _, message in gateway.sent)
    first, second = (count for _, count in counts.most_common(2))
    assert second > first * 0.6  # and the two take turns
