"""Content that staff look at first: held with its money, released or rejected once, told to those concerned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import Conflict, TaskRefused
from app.ledger.audit import audit
from app.models import (
    AccountState,
    AuditEvent,
    BannedWordEntry,
    EntryKind,
    LedgerEntry,
    Letter,
    ProtectedName,
    Route,
    SenderIdRequest,
    StaffAlert,
    Task,
    TaskState,
    User,
)
from app.moderation import review_queue
from app.sending import holding, route_rules
from tests.factories.users import make_staff
from tests.panel_client import PanelClient
from tests.recipients.sheet_files import csv_bytes
from tests.sending.engine import House, ScriptedGateway, at_once, count, pump

NUMBERS = ("+61412000001", "+61412000002")
HELD_TEXT = "Crypto for everybody at the counter."
LATE = timedelta(hours=1)


@pytest.fixture(autouse=True)
def words(house: House) -> None:
    for word, severity in (("crypto", "hold"), ("limited offer", "alert"), ("casino", "block")):
        house.session.add(BannedWordEntry(word=word, category="misleading", severity=severity))
    house.session.commit()


def held(house: House, **fields: object) -> Task:
    return house.submit(house.ready(*NUMBERS, content=HELD_TEXT, **fields))


def release(house: House, task: Task, actor: Actor | None = None) -> Task:
    public_id = task.public_id
    with write_transaction(house.session):
        return review_queue.release(house.session, actor or Actor.machine(), public_id, LATE)


def reject(house: House, task: Task, reason: str = "No crypto, please") -> Task:
    public_id = task.public_id
    with write_transaction(house.session):
        return review_queue.reject(house.session, Actor.machine(), public_id, reason)


def test_a_held_task_has_its_money_and_its_messages_and_nothing_leaves(any_app: Flask, house: House) -> None:
    before, _ = house.balance()
    task = held(house)
    assert (task.state, task.started_at) == (TaskState.HELD, None)
    assert "“Crypto”" in (task.state_reason or "")
    assert house.balance() == (before - 2_000, 2_000)
    gateway = ScriptedGateway()
    pump(any_app, house.route_id, gateway)
    assert gateway.sent == []
    assert house.statuses(task) == {"queued": 2}


def test_a_released_task_is_sent_and_its_sender_is_told(any_app: Flask, house: House) -> None:
    task = release(house, held(house))
    assert (task.state, task.state_reason) == (TaskState.RUNNING, None)
    gateway = ScriptedGateway()
    pump(any_app, house.route_id, gateway)
    assert len(gateway.sent) == 2
    letter = house.session.scalars(select(Letter)).one()
    assert (letter.recipient, "released" in letter.subject) == (house.owner.email, True)
    event = house.session.scalars(select(AuditEvent).where(AuditEvent.action == "task.release")).one()
    assert (event.subject, event.account_id) == (f"task:{task.id}", house.account_id)


def test_a_rejected_task_gives_its_hold_back_and_says_why(any_app: Flask, house: House) -> None:
    before = house.balance()
    task = reject(house, held(house))
    assert task.state == TaskState.CANCELLED
    assert "No crypto, please." in (task.state_reason or "")
    assert house.balance() == before
    assert house.statuses(task) == {"cancelled": 2}
    assert "No crypto, please." in house.session.scalars(select(Letter.body)).one()


@pytest.mark.parametrize(
    ("set_for", "state"),
    [
        (timedelta(hours=3), TaskState.SCHEDULED),
        (timedelta(minutes=-20), TaskState.RUNNING),
        (timedelta(hours=-3), TaskState.PAUSED),
    ],
)
def test_where_a_released_task_goes_depends_on_its_set_time(
    house: House, set_for: timedelta, state: TaskState
) -> None:
    task = held(house, scheduled_at=now() + timedelta(hours=5))
    task.scheduled_at = now() + set_for
    house.session.commit()
    assert release(house, task).state == state


def test_twenty_at_once_decide_once_and_the_hold_comes_back_at_most_once(
    any_app: Flask, house: House
) -> None:
    before = house.balance()
    task = held(house)
    task_id, public_id = task.id, task.public_id
    house.session.rollback()

    def deciding(number: int) -> Callable[[Session], str]:
        def decide(session: Session) -> str:
            try:
                with write_transaction(session):
                    if number % 2:
                        review_queue.release(session, Actor.machine(), public_id, LATE)
                    else:
                        review_queue.reject(session, Actor.machine(), public_id, "Not this")
            except Conflict as refusal:
                return "told" if "already" in refusal.message else refusal.message
            return "released" if number % 2 else "rejected"

        return decide

    outcomes = at_once(any_app, [deciding(number) for number in range(20)])
    assert outcomes["told"] == 19
    task = house.now(house.session.get_one(Task, task_id))
    rejected = outcomes["rejected"] == 1
    assert task.state == (TaskState.CANCELLED if rejected else TaskState.RUNNING)
    assert house.balance() == (before if rejected else (before[0] - 2_000, 2_000))
    assert count(house.session, LedgerEntry, LedgerEntry.kind == EntryKind.RELEASE) == (1 if rejected else 0)
    assert count(house.session, AuditEvent, AuditEvent.action.in_(("task.release", "task.reject"))) == 1
    assert audit(house.session).ok


def test_the_client_may_cancel_while_staff_look(house: House) -> None:
    before = house.balance()
    task = held(house)
    house.cancel(task)
    assert house.balance() == before
    with pytest.raises(Conflict, match="cancelled in the meantime"):
        release(house, task)


def test_a_suspended_clients_task_is_not_released(house: House) -> None:
    task = held(house)
    task.account.state = AccountState.SUSPENDED
    house.session.commit()
    with pytest.raises(TaskRefused, match="suspended"):
        release(house, task)
    assert reject(house, task).state == TaskState.CANCELLED


def test_one_merged_row_holds_the_task_and_shows_its_own_text(house: House) -> None:
    rows = [["mobile", "what"], [NUMBERS[0], "Fruit"], [NUMBERS[1], "Crypto"]]
    task = house.submit(house.check(house.bulk(csv_bytes(rows), "list.csv", content="{what} is here.")))
    assert task.state == TaskState.HELD
    (concern,) = holding.concerns(task)
    assert (concern.where, concern.text) == ("Row 3", "Crypto is here.")
    assert concern.findings[0].excerpt == "Crypto"


def test_an_alert_goes_out_and_staff_are_told_once(house: House) -> None:
    task = house.submit(house.ready(*NUMBERS, content="A limited offer at the counter."))
    house.submit(task)
    assert task.state == TaskState.RUNNING
    assert "limited offer" in house.session.scalars(select(StaffAlert.text)).one()


def test_a_word_that_came_onto_the_list_after_the_check_still_counts(house: House) -> None:
    task = house.ready(*NUMBERS, content="Fruit at the counter.")
    house.session.add(BannedWordEntry(word="fruit", category="other", severity="block"))
    house.session.commit()
    before = house.balance()
    with pytest.raises(TaskRefused, match="rules have changed"):
        house.submit(task)
    assert (house.balance(), house.now(task).state) == (before, TaskState.READY)


def test_a_name_one_letter_from_a_protected_one_is_held(house: House) -> None:
    house.session.add(ProtectedName(name="Harbour", kind="bank"))
    house.session.commit()
    task = house.submit(house.ready(*NUMBERS, sender_id="Harbor"))
    assert task.state == TaskState.HELD
    assert [concern.where for concern in holding.concerns(task)] == ["Sender ID"]


def test_a_protected_name_is_refused_unless_it_was_approved_for_the_account(house: House) -> None:
    house.session.add(ProtectedName(name="Bistro", kind="brand"))
    house.session.commit()
    task = house.ready(*NUMBERS)
    assert task.state == TaskState.REJECTED
    assert "protected name" in (task.state_reason or "")
    house.session.add(SenderIdRequest(account_id=house.account_id, name="Bistro", state="approved"))
    house.session.commit()
    assert house.ready(*NUMBERS).state == TaskState.READY


@pytest.mark.parametrize(("state", "ready"), [("approved", True), ("waiting", False), ("rejected", False)])
def test_a_route_that_wants_approval_takes_approved_names_alone(
    house: House, state: str, ready: bool
) -> None:
    house.session.get_one(Route, house.route_id).sender_id_approval = True
    house.session.add(SenderIdRequest(account_id=house.account_id, name="Bistro", state=state))
    house.session.commit()
    assert (house.ready(*NUMBERS).state == TaskState.READY) is ready
    assert house.ready(*NUMBERS, sender_id=None).state == TaskState.READY  # the route's own


def test_ten_refusals_in_a_day_raise_one_alert_and_slips_do_not_count(any_app: Flask, house: House) -> None:
    for number in range(12):
        house.ready(NUMBERS[0], content=f"Hello number {number}")
    assert count(house.session, StaffAlert) == 0
    for number in range(12):
        house.ready(NUMBERS[0], content=f"Casino number {number}")
    assert count(house.session, StaffAlert) == 1


def test_the_compiled_list_follows_every_change_of_the_words(any_app: Flask, house: House) -> None:
    session = house.session
    first = route_rules.banned_words(session)
    assert route_rules.banned_words(session) is first
    entry = session.scalars(select(BannedWordEntry).where(BannedWordEntry.word == "casino")).one()
    entry.severity = "alert"
    session.commit()
    second = route_rules.banned_words(session)
    assert second is not first
    session.delete(entry)
    session.commit()
    assert not route_rules.banned_words(session).check("A casino at the counter.")


def test_the_client_reads_on_the_page_that_staff_look_at_it(
    house: House, client: PanelClient, sign_in: Callable[[PanelClient, User], PanelClient]
) -> None:
    task = held(house)
    sign_in(client, house.owner)
    page = client.get(f"/tasks/{task.public_id}").text
    assert "With staff" in page
    assert "Its credits are held meanwhile" in page
    assert "Cancel this task" in page


def test_the_decided_task_names_who_was_first(house: House) -> None:
    staff = make_staff(house.session)
    task = held(house)
    release(house, task, Actor.of(staff, "127.0.0.1"))
    with pytest.raises(Conflict, match=f"released already, by {staff.email}"):
        reject(house, task)
