"""What is written to the log: ids, never a number or a text, also where an exception's message has them."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from flask import Flask
from redis import Redis
from rq import Queue
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import logs
from app.clock import now
from app.database import write_transaction
from app.gateways.base import Deferred, InDoubt, Outcome, OutgoingMessage, Refused
from app.models import Message
from app.queues import connection
from app.topups.paper import Paper
from jobs.worker import CarillonWorker
from tests.sending.engine import House, ScriptedGateway, accept, make_house, pump

NUMBERS = [f"+6141277{tail:04}" for tail in range(6)]
TEXT = "Zephyrine parcels wait at the counter."
BROKEN = f"went wrong with {NUMBERS[0]} and {TEXT}"


@pytest.fixture
def app(app_on: Callable[..., Flask], database: str) -> Iterator[Flask]:
    yield app_on(database, log_format="json")
    logging.getLogger().handlers = [
        each for each in logging.getLogger().handlers if not isinstance(each, logs._Stdout)
    ]


@pytest.fixture
def house(app: Flask, session: Session) -> House:
    return make_house(app, session)


def fail_as_a_job() -> None:
    """What a worker is given here."""
    raise RuntimeError(BROKEN)


class Broken:
    """A gateway's script in which every kind of thing goes wrong."""

    def __init__(self) -> None:
        self.left: list[Outcome | Exception] = [
            RuntimeError(BROKEN),
            InDoubt("timeout", said=BROKEN),
            Refused("invalid_number", said=BROKEN),
            Deferred("throttled", 0.0, said=BROKEN),
        ]

    def __call__(self, message: OutgoingMessage) -> Outcome:
        if not self.left:
            return accept(message)
        answer = self.left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def assert_silent(said: str) -> list[dict[str, object]]:
    for number in NUMBERS:
        assert number.lstrip("+") not in said
        assert number[3:] not in said
    assert "Zephyrine" not in said
    return [json.loads(line) for line in said.splitlines() if line.strip()]


def test_a_task_leaves_ids_in_the_log_and_neither_numbers_nor_texts(
    app: Flask, house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    task = house.submit(house.ready(*NUMBERS, content=TEXT))
    pump(app, house.route_id, ScriptedGateway(Broken(), concurrency=1))
    log = structlog.get_logger()
    message = house.messages(task)[0]
    columns = {column.name: getattr(message, column.name) for column in Message.__table__.columns}
    try:
        with write_transaction(house.session) as session:
            session.execute(insert(Message).values({**columns, "id": None, "text": TEXT}))
    except IntegrityError:
        log.exception("planted", task=task.id)
    events = assert_silent("".join(capfd.readouterr()))
    recorded = [event for event in events if event["event"] == "recorded"]
    assert {event["task"] for event in recorded} == {task.id}
    assert all(str(event["claims"]).startswith(f"{house.route_id}.") for event in recorded)
    doubts = [event for event in events if event["event"] == "in_doubt"]
    assert {event["message"] for event in doubts} <= {each.id for each in house.messages(task)}
    assert len(doubts) == 2
    broken = next(event for event in events if event["event"] == "gateway_broke_its_promise")
    assert "RuntimeError at " in str(broken["exception"])
    assert "test_logs.py" in str(broken["exception"])
    planted = next(event for event in events if event["event"] == "planted")
    assert "IntegrityError" in str(planted["exception"])


def test_what_a_job_died_of_is_told_without_its_words(
    app: Flask, house: House, redis: Redis, capfd: pytest.CaptureFixture[str]
) -> None:
    with app.app_context():
        Queue("default", connection=connection()).enqueue(fail_as_a_job)
    worker = CarillonWorker(["default"], app.config["CARILLON"].redis_url)
    worker.work(burst=True, logging_level="WARNING")
    events = assert_silent("".join(capfd.readouterr()))
    assert any("fail_as_a_job" in str(event["event"]) for event in events)


def test_a_page_that_breaks_is_told_without_its_words(
    app: Flask, house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    def view() -> str:
        raise ValueError(BROKEN)

    app.add_url_rule("/broken", view_func=view)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert app.test_client().get(f"/broken?number={NUMBERS[0]}").status_code == 500
    events = assert_silent("".join(capfd.readouterr()))
    assert any("ValueError at " in str(event.get("exception")) for event in events)


def test_numbers_are_masked_wherever_they_stand_and_ids_are_not(
    app: Flask, house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    log = structlog.get_logger("app.somewhere")
    log.info(
        "said",
        words=f"to {NUMBERS[1]}, %2B61412770002 and 61412770003",
        claim="12.345.6",
        message=12345678901,
    )
    logging.getLogger("a.library").warning("sent to %s\n%s", NUMBERS[1], TEXT)
    (ours, theirs) = assert_silent("".join(capfd.readouterr()))
    assert ours["words"] == f"to {logs.MASKED}, {logs.MASKED} and {logs.MASKED}"
    assert (ours["claim"], ours["message"]) == ("12.345.6", 12345678901)
    assert theirs["event"] == f"sent to {logs.MASKED}"


def test_plain_lines_say_the_same_and_debug_tells_each_message(
    app: Flask, house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    logs.configure(dataclasses.replace(app.config["CARILLON"], log_format="plain", log_level="debug"))
    task = house.submit(house.ready(*NUMBERS[:2], content=TEXT))
    pump(app, house.route_id, ScriptedGateway())
    said = "".join(capfd.readouterr())
    missing = [each.id for each in house.messages(task) if f"message={each.id}" not in said]
    assert not missing, (said, house.statuses(task), house.now(task).state, house.now(task).state_reason)
    assert "recorded" in said
    assert "Zephyrine" not in said


def test_letters_that_a_font_lacks_are_not_written_to_the_log(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = Paper(now(), "Evidence")
    sheet.words("\u6f22\u5b57 \U0001f98a")
    sheet.output()
    assert not capsys.readouterr().out
