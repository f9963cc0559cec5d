"""What excuses a doubt after a storm: a process that was struck with its claim in hand, or the carrier's own words."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.clock import now
from app.models import Message, Task
from tests.chaos import verdict
from tests.chaos.carrier import Record
from tests.chaos.storm import held_by
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import House

HORSE, WORKER, OTHER_HORSE, OTHER_WORKER = 11, 10, 22, 20
LEASEHOLDERS = {"1.7": (HORSE, WORKER), "1.8": (OTHER_HORSE, OTHER_WORKER)}
SECOND = timedelta(seconds=1)


@pytest.fixture
def task(house: House) -> Task:
    """Its first message was taken under one lease, its second under the next; both are out."""
    task = make_submitted_task(house.session, house.owner, house.route, messages=2)
    for message, claim in zip(house.messages(task), ("1.7.3", "1.8.0"), strict=True):
        message.status, message.claim, message.sent_at, message.attempt = "sending", claim, now(), 1
    house.session.commit()
    return task


def references(house: House, task: Task) -> tuple[str, str]:
    first, second = house.messages(task)
    return first.reference, second.reference


def sent_at(house: House, task: Task) -> datetime:
    left = house.messages(task)[0].sent_at
    assert left is not None
    return left


@pytest.mark.parametrize("struck", [HORSE, WORKER])
def test_a_blow_excuses_what_the_struck_process_held_and_nothing_else_that_was_out(
    house: House, task: Task, struck: int
) -> None:
    first, _ = references(house, task)
    assert held_by(house.session, LEASEHOLDERS, {struck: now() + SECOND}) == {(first, "1.7.3")}


def test_a_blow_excuses_nothing_that_was_taken_after_it(house: House, task: Task) -> None:
    assert held_by(house.session, LEASEHOLDERS, {HORSE: now() - SECOND}) == set()


@pytest.mark.parametrize(("code", "excused"), [("interrupted", True), ("timeout", False)])
def test_a_blow_excuses_what_was_swept_into_doubt_but_not_what_the_process_had_written_down(
    house: House, task: Task, code: str, excused: bool
) -> None:
    house.session.execute(update(Message).values(status="in_doubt", error_code=code))
    held = held_by(house.session, LEASEHOLDERS, {HORSE: now() + SECOND})
    assert bool(held) is excused


@pytest.mark.parametrize(
    ("claim", "excused"),
    # Without a claim it was called off, after a try that was struck.
    [("1.7.3", True), ("1.7.4", False), ("1.8.0", False), (None, True)],
)
def test_a_doubt_is_explained_only_by_the_claim_that_stands_on_it(
    house: House, task: Task, claim: str | None, excused: bool
) -> None:
    first, _ = references(house, task)
    in_doubt(house.session, first, claim)
    seen = verdict.doubts(house.session, Record(), {(first, "1.7.3")}, {}, 2.0)
    assert seen.standing == {first}
    assert (first in seen.explained) is excused


@pytest.mark.parametrize(
    ("after", "code", "excused"), [(2, "timeout", True), (1, "timeout", False), (2, "lost", False)]
)
def test_a_doubt_is_explained_by_a_carrier_that_answers_too_late(
    house: House, task: Task, after: int, code: str, excused: bool
) -> None:
    first, _ = references(house, task)
    record = Record(answered={first: sent_at(house, task) + after * SECOND})
    in_doubt(house.session, first, "1.7.3", code)
    assert (first in verdict.doubts(house.session, record, set(), {}, 2.0).explained) is excused


@pytest.mark.parametrize(("began", "excused"), [(1, True), (-9, False), (9, False)])
def test_a_doubt_is_explained_by_a_carrier_that_its_machine_let_do_nothing_meanwhile(
    house: House, task: Task, began: int, excused: bool
) -> None:
    first, _ = references(house, task)
    left = sent_at(house, task)
    in_doubt(house.session, first, "1.7.3", "timeout")
    record = Record(stalls=[(left + began * SECOND, left + (began + 3) * SECOND)])
    assert (first in verdict.doubts(house.session, record, set(), {}, 2.0).explained) is excused


@pytest.mark.parametrize(("lease", "excused"), [("1.7", True), ("1.8", False)])
def test_a_doubt_is_explained_by_its_own_pump_that_its_machine_let_do_nothing_meanwhile(
    house: House, task: Task, lease: str, excused: bool
) -> None:
    first, _ = references(house, task)
    left = sent_at(house, task)
    in_doubt(house.session, first, "1.7.3", "timeout")
    stalls = {lease: [(left + SECOND, left + 3 * SECOND)]}
    answered = Record(answered={first: left})
    assert (first in verdict.doubts(house.session, answered, set(), stalls, 2.0).explained) is excused


def in_doubt(session: Session, reference: str, claim: str | None, code: str = "interrupted") -> None:
    session.execute(
        update(Message)
        .where(Message.reference == reference)
        .values(status="in_doubt", claim=claim, error_code=code)
    )
    session.flush()
