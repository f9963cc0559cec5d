"""A web process that is killed while somebody submits: the second click finds one promise, paid once and kept once."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.extensions import db
from app.models import Message, Task, TaskState
from tests.chaos import verdict
from tests.chaos.browser import Browser
from tests.chaos.carrier import GENTLE, ChaosCarrier
from tests.chaos.crew import Crew
from tests.chaos.people import Wishes
from tests.chaos.stage import CREDIT, Stage
from tests.chaos.storm import EVERYBODY, calm, reading_engine
from tests.sending.engine import House

MESSAGES = 400
RATE = 200
DEADLY = 0.25  # seconds, within which a submission is killed: longer than most take


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_submission_cut_off_is_made_once(
    stage_on: Callable[[str], Stage], database: str, seed: int, long: bool
) -> None:
    stage = stage_on(database)
    dice = random.Random(seed)
    rounds = 40 if long else 4
    with (
        ChaosCarrier(seed, dedupes=True, manners=GENTLE) as carrier,
        stage.app.app_context(),
        stage.crew() as crew,
    ):
        house = stage.house(db.session(), carrier, "dedupes", RATE)  # the struck worker may be sending
        crew.start(*EVERYBODY)
        browser = Browser(stage.app, crew.web)
        browser.sign_in(house.owner.email)
        cut_off: list[bool] = []
        while len(cut_off) < rounds or (not any(cut_off) and len(cut_off) < 5 * rounds):
            deadly = (
                DEADLY if any(cut_off) else DEADLY * 0.9 ** len(cut_off)
            )  # sooner, where clicks are quick
            cut_off.append(
                _submit_and_strike(crew, browser, house, dice, len(cut_off), dice.uniform(0.0, deadly))
            )
        engine = reading_engine(stage.database_url)
        calm(engine, carrier, doubts=False, still=120)
        with Session(engine) as looking:
            seen = verdict.doubts(looking, carrier.record, set(), crew.stalls(), 2.0)
            found = verdict.complaints(
                looking, carrier, seen, crew.overtaken(), Wishes(), credit=CREDIT, dedupes=True, rate=RATE
            )
            assert not found, f"Seed {seed}: {found}\n{crew.said()}"
            assert looking.scalar(select(func.count()).select_from(Message)) == len(cut_off) * MESSAGES
            assert set(looking.scalars(select(Task.state))) == {TaskState.DONE}
    assert any(cut_off), "No submission was cut off."


def _submit_and_strike(
    crew: Crew, browser: Browser, house: House, dice: random.Random, number: int, seconds: float
) -> bool:
    """Submit a new task, kill the web and a worker so many seconds later, and click again; whether the first click was
    cut off.
    """
    rows = (f"+614{number:03d}{each:05d}" for each in range(MESSAGES))
    task = house.check(house.bulk("\n".join(("phone", *rows)).encode(), f"list-{number}.csv"))
    assert task.state == TaskState.READY, task.findings
    public_id = task.public_id
    house.session.rollback()
    submit = browser.path("review.submit", public_id=public_id)
    hidden = {**browser.hidden(browser.path("review.page", public_id=public_id)), "accept": "y"}
    lost: list[Exception] = []

    def click() -> None:
        try:
            browser.open(submit, hidden)
        except (OSError, http.client.HTTPException) as error:
            lost.append(error)

    clicking = threading.Thread(target=click)
    clicking.start()
    time.sleep(seconds)
    crew.kill("web")
    crew.start("web")
    worker = dice.choice(("one", "two", "three"))
    crew.kill(worker)
    crew.start(worker)
    clicking.join()
    browser.open(submit, hidden)
    assert house.now(task).state in (TaskState.RUNNING, TaskState.DONE)
    return bool(lost)
