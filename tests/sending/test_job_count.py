"""A campaign is a handful of jobs, not one for each message."""

from __future__ import annotations

import pytest
from flask import Flask
from redis import Redis
from rq import Queue

from app.models import TaskState
from app.queues import QueueName, enqueue
from jobs import dispatch
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import House, ScriptedGateway

MESSAGES = 5_000
MOST_JOBS = 10


def test_five_thousand_messages_take_at_most_ten_jobs(
    app: Flask, house: House, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = ScriptedGateway()
    monkeypatch.setattr(dispatch, "gateway_for", lambda _route, _settings: gateway)
    house.route.rate = 10_000
    house.session.commit()
    task = make_submitted_task(house.session, house.owner, house.route, messages=MESSAGES)
    house.session.rollback()
    queue = Queue(QueueName.DISPATCH, connection=redis)
    ran = 0
    enqueue("jobs.dispatch.pump", house.route_id)
    while queue.count:
        queue.empty()
        ran += 1
        dispatch.pump(house.route_id)
    assert ran <= MOST_JOBS
    assert house.statuses(task) == {"accepted": MESSAGES}
    assert house.now(task).state == TaskState.DONE
