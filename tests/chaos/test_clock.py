"""Clocks that jump, Redis that forgets: what has a set time leaves at it, once, and never before."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.extensions import db
from app.models import Message, StaffAlert, Task, TaskState
from tests.chaos.carrier import GENTLE, PATIENCE, ChaosCarrier
from tests.chaos.crew import Crew
from tests.chaos.stage import Stage
from tests.chaos.storm import EVERYBODY, calm, reading_engine
from tests.factories.tasks import make_submitted_task
from tests.waiting import until

HOUR = 3600.0
LATEST = 15.0


class Scene:
    """A crew at work, tasks by the number of seconds they are set ahead, and when each message was seen to leave."""

    def __init__(
        self, stage: Stage, carrier: ChaosCarrier, crew: Crew, session: Session, latest: float
    ) -> None:
        self._latest = latest
        self.carrier = carrier
        self.crew = crew
        self.engine = reading_engine(stage.database_url)
        self._session = session
        # Nothing but a stalled machine is late here, and what it leaves in doubt would never leave.
        self._house = stage.house(session, carrier, "neither", rate=40, answer_timeout=60.0)

    def task(self, messages: int, ahead: float | None = None) -> tuple[set[str], datetime]:
        """Its messages' references, and when it is set to start by the true clock."""
        at = datetime.now(UTC) + timedelta(seconds=ahead or 0.0)
        set_time = {"state": TaskState.SCHEDULED, "scheduled_at": at} if ahead is not None else {}
        task = make_submitted_task(
            self._session, self._house.owner, self._house.route, messages=messages, **set_time
        )
        found = set(self._session.scalars(select(Message.reference).where(Message.task_id == task.id)))
        self._session.rollback()
        return found, at

    def sent(self, references: set[str]) -> int:
        return sum(self.carrier.record.taken[each] for each in references)

    def await_sent(self, references: set[str], count: int) -> None:
        """Until so many have left; not for ever when nothing leaves."""
        while (sent := self.sent(references)) < count:
            until(lambda sent=sent: self.sent(references) > sent, PATIENCE, self.crew.said)

    def await_start(self, references: set[str], at: datetime) -> None:
        """It starts at its time: not before, and not later than it may."""
        while True:
            left = self.sent(references)  # before the look at the clock: it may leave right after that
            if datetime.now(UTC) >= at:
                break
            assert left == 0, "It left before its time."
            time.sleep(0.02)
        late = self._latest - (datetime.now(UTC) - at).total_seconds()
        until(lambda: self.sent(references) > 0, late, self.crew.said)

    def alerts(self) -> list[str]:
        with Session(self.engine) as session:
            return list(session.scalars(select(StaffAlert.key)))

    def state(self, references: set[str]) -> str:
        with Session(self.engine) as session:
            owner = select(Message.task_id).where(Message.reference.in_(references)).limit(1)
            return session.scalars(select(Task.state).where(Task.id == owner.scalar_subquery())).one()


@pytest.fixture
def latest(long: bool) -> float:
    """How late a task may start. The promise is for a machine that is not starved: the long form holds us to it."""
    return LATEST if long else PATIENCE


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_clock_that_jumps_an_hour_sends_nothing_early_and_nothing_twice(
    stage_on: Callable[[str], Stage], latest: float
) -> None:
    stage = stage_on("sqlite")
    with ChaosCarrier(1, manners=GENTLE) as carrier, stage.app.app_context(), stage.crew() as crew:
        scene = Scene(stage, carrier, crew, db.session(), latest)
        now_on, _ = scene.task(240)
        soon, at = scene.task(10, ahead=3.5)
        later, _ = scene.task(10, ahead=HOUR / 2)
        crew.start(*EVERYBODY)
        scene.await_sent(now_on, 20)

        crew.set_clock(HOUR)
        until(lambda: any(key.startswith("clock:") for key in scene.alerts()), PATIENCE, crew.said)
        crew.kill("ticker")
        crew.start("ticker")  # a new one knows as well
        scene.await_start(soon, at)

        crew.set_clock(-HOUR)
        scene.await_sent(now_on, min(scene.sent(now_on) + 1, 240))
        crew.set_clock(0.0)
        scene.await_sent(now_on, 240)
        scene.await_sent(soon, 10)
        assert scene.sent(later) == 0
        assert scene.state(later) == TaskState.SCHEDULED
        assert max(carrier.record.taken.values()) == 1
        until(lambda: not scene.alerts(), PATIENCE, crew.said)  # a ticker takes it back when it next looks


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_scheduled_task_starts_though_redis_forgets_everything(
    stage_on: Callable[[str], Stage], long: bool, latest: float
) -> None:
    stage = stage_on("sqlite")
    ahead = 10.0 if long else 4.0
    with ChaosCarrier(2, manners=GENTLE) as carrier, stage.app.app_context(), stage.crew() as crew:
        scene = Scene(stage, carrier, crew, db.session(), latest)
        crew.start(*EVERYBODY)
        scheduled, at = scene.task(20, ahead=ahead)
        stage.stop_redis()
        stage.start_redis()  # it keeps nothing
        scene.await_start(scheduled, at)
        stage.stop_redis()
        stage.start_redis()
        calm(scene.engine, carrier, doubts=False, still=PATIENCE)
        assert scene.sent(scheduled) == 20
        assert scene.state(scheduled) == TaskState.DONE
