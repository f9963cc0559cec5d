"""A word that staff ban after a task was scheduled still counts when its time has come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.clock import now
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.gateways.base import Deferred
from app.models import BannedWordEntry, Letter, ProtectedName, Route, Task, TaskState
from app.moderation import review_queue
from app.sending import holding, judging_again, steering, sweep
from tests.panel_client import PanelClient
from tests.recipients.sheet_files import csv_bytes
from tests.sending.engine import House, ScriptedGateway, accept, pump

NUMBERS = ("+61412000001", "+61412000002", "+6591234567")
HOUR = timedelta(hours=1)
LATER = Deferred("throttled", 60.0)


def scheduled(house: House, **fields: object) -> Task:
    return house.submit(house.ready(*NUMBERS[:2], scheduled_at=now() + HOUR, **fields))


def merged(house: House, things: tuple[str, ...]) -> Task:
    rows = [["mobile", "what"], *([f"+614120000{n:02}", thing] for n, thing in enumerate(things))]
    draft = house.bulk(csv_bytes(rows), "list.csv", content="{what} is here.", scheduled_at=now() + HOUR)
    return house.submit(house.check(draft))


def ban(house: House, word: str, severity: str = "block") -> None:
    house.session.add(BannedWordEntry(word=word, category="other", severity=severity))
    house.session.commit()


def look(house: House) -> list[int]:
    with write_transaction(house.session):
        return sweep.start_due(house.session, HOUR)


def its_time(house: House) -> list[int]:
    house.session.execute(update(Task).values(scheduled_at=now()))
    house.session.commit()
    return look(house)


def decide(house: House, task: Task, act: Callable[..., Task], *words: object) -> Task:
    public_id = task.public_id
    with write_transaction(house.session):
        return act(house.session, Actor.machine(), public_id, *words)


@pytest.mark.parametrize("severity", ["block", "hold"])
def test_a_word_banned_since_holds_the_task_at_its_time(any_app: Flask, house: House, severity: str) -> None:
    task = scheduled(house)
    held = house.balance()
    ban(house, "parcel", severity)
    assert its_time(house) == []
    task = house.now(task)
    assert (task.state, task.started_at, house.balance()) == (TaskState.HELD, None, held)
    assert "“parcel”" in (task.state_reason or "")
    (concern,) = holding.concerns(task)
    assert (concern.where, concern.findings[0].excerpt) == ("Message", "parcel")
    assert review_queue.held_count(house.session) == 1
    letter = house.session.scalars(select(Letter)).one()
    assert (letter.recipient, "Staff look at" in letter.subject) == (house.owner.email, True)
    gateway = ScriptedGateway()
    pump(any_app, house.route_id, gateway)
    assert gateway.sent == []

    assert decide(house, task, review_queue.release, HOUR).state == TaskState.RUNNING
    pump(any_app, house.route_id, gateway)
    assert len(gateway.sent) == 2


def test_what_was_held_at_its_time_and_rejected_gives_its_credits_back(any_app: Flask, house: House) -> None:
    before = house.balance()
    task = scheduled(house)
    ban(house, "parcel")
    its_time(house)
    assert decide(house, task, review_queue.reject, "No parcels").state == TaskState.CANCELLED
    assert house.balance() == before


def test_no_rule_against_it_and_a_word_of_others_start_as_ever(any_app: Flask, house: House) -> None:
    task = scheduled(house)
    ban(house, "casino")
    assert its_time(house) == [house.route_id]
    assert house.now(task).state == TaskState.RUNNING


def test_what_staff_let_pass_is_not_held_again_until_it_is_graver(house: House) -> None:
    ban(house, "parcel", "hold")
    task = scheduled(house)
    assert decide(house, task, review_queue.release, HOUR).state == TaskState.SCHEDULED
    ban(house, "casino")
    house.session.execute(update(BannedWordEntry).values(severity="block", changed_at=now() + HOUR))
    house.session.commit()
    assert its_time(house) == []
    assert house.now(task).state == TaskState.HELD
    house.session.execute(update(Task).values(scheduled_at=now() + HOUR))
    house.session.commit()
    assert decide(house, task, review_queue.release, HOUR).state == TaskState.SCHEDULED
    assert its_time(house) == [house.route_id]  # they have seen it banned, and let it pass


def test_what_staff_let_pass_starts_at_its_time(house: House) -> None:
    ban(house, "parcel", "hold")
    task = scheduled(house)
    decide(house, task, review_queue.release, HOUR)
    assert its_time(house) == [house.route_id]


def test_rows_of_their_own_are_read_so_many_a_look_and_the_task_waits(
    monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    monkeypatch.setattr(
        judging_again.Look.__init__,
        "__defaults__",
        (2, *(judging_again.Look.__init__.__defaults__ or ())[1:]),
    )
    bad = merged(house, ("Bread", "Milk", "Eggs", "Fruit", "Fish"))
    good = merged(house, ("Bread", "Milk", "Eggs"))
    ban(house, "fruit")
    assert its_time(house) == []
    assert {house.now(bad).state, house.now(good).state} == {TaskState.SCHEDULED}
    for _ in range(5):
        look(house)
    assert house.now(good).state == TaskState.RUNNING
    bad = house.now(bad)
    assert bad.state == TaskState.HELD
    (concern,) = holding.concerns(bad)
    assert (concern.where, concern.text) == ("Row 5", "Fruit is here.")


def _rest_of_defaults() -> tuple[object, ...]:
    return (judging_again.Look.__init__.__defaults__ or ())[1:]


def test_rows_whose_rules_have_not_changed_are_not_read(
    monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    merged(house, ("Bread", "Milk"))
    monkeypatch.delattr(judging_again.Look, "_rows")
    assert its_time(house) == [house.route_id]


@pytest.mark.parametrize("change", [{"blocked_prefixes": ["65"]}, {"allowed_prefixes": ["61"]}])
def test_a_country_closed_since_holds_the_task(house: House, change: dict[str, list[str]]) -> None:
    task = house.submit(house.ready(*NUMBERS, scheduled_at=now() + HOUR))
    house.session.execute(update(Route).values(**change))
    house.session.commit()
    assert its_time(house) == []
    task = house.now(task)
    assert (task.state, "+6591234567" in (task.state_reason or "")) == (TaskState.HELD, True)


def test_a_name_protected_since_holds_the_task(
    house: House, client: PanelClient, sign_in: Callable[..., PanelClient]
) -> None:
    task = scheduled(house)
    house.session.add(ProtectedName(name="Bistro", kind="brand"))
    house.session.commit()
    assert its_time(house) == []
    assert [each.where for each in holding.concerns(house.now(task))] == ["Sender ID"]
    sign_in(client, house.owner)
    page = client.get(f"/tasks/{house.now(task).public_id}").text
    assert "With staff" in page
    assert "Its credits are held meanwhile" in page


def paused(house: House, task: Task) -> Task:
    with write_transaction(house.session):
        return steering.pause(house.session, house.account_id, task.public_id)


def resumed(house: House, task: Task, *, by_staff: bool = False) -> Task:
    with write_transaction(house.session):
        return steering.resume(house.session, house.account_id, task.public_id, by_staff=by_staff)


@pytest.mark.parametrize("by_staff", [False, True])
def test_what_was_paused_and_breaks_a_rule_by_now_is_held_when_it_is_resumed(
    any_app: Flask, house: House, by_staff: bool
) -> None:
    task = paused(house, house.submit(house.ready(*NUMBERS[:2])))
    began = task.started_at
    ban(house, "parcel")
    task = resumed(house, task, by_staff=by_staff)
    assert (task.state, "“parcel”" in (task.state_reason or "")) == (TaskState.HELD, True)
    task = decide(house, task, review_queue.release, HOUR)
    assert (task.state, task.started_at) == (TaskState.RUNNING, began)
    assert resumed(house, paused(house, task)).state == TaskState.RUNNING  # staff have seen it


def test_of_a_resumed_task_only_rows_that_have_not_left_are_judged(any_app: Flask, house: House) -> None:
    rows = [["mobile", "what"], [NUMBERS[0], "Bread"], [NUMBERS[1], "Fruit"]]
    task = house.submit(house.check(house.bulk(csv_bytes(rows), "list.csv", content="{what} is here.")))
    pump(
        any_app, house.route_id, ScriptedGateway(lambda sent: accept(sent) if "Bread" in sent.text else LATER)
    )
    ban(house, "bread")
    assert resumed(house, paused(house, task)).state == TaskState.RUNNING
    ban(house, "fruit")
    task = resumed(house, paused(house, task))
    assert task.state == TaskState.HELD
    (concern,) = holding.concerns(task)
    assert (concern.where, concern.text) == ("Row 3", "Fruit is here.")
    assert decide(house, task, review_queue.reject, "No fruit").state == TaskState.CANCELLED
    assert house.statuses(task) == {"accepted": 1, "cancelled": 1}
    assert house.balance()[1] == 0
