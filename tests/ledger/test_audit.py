from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.database import write_transaction
from app.ledger.audit import audit, enforce
from app.models import Account, StaffAlert, Task
from tests.factories.accounts import make_account
from tests.factories.messages import (
    ACCEPTED,
    CANCELLED,
    DELIVERED,
    FAILED_LATE,
    IN_DOUBT,
    REFUSED,
    WAITING,
)
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_settled_task, make_submitted_task
from tests.factories.users import make_owner

OUTCOMES = [DELIVERED, ACCEPTED, REFUSED, FAILED_LATE, IN_DOUBT, CANCELLED, WAITING]


@pytest.fixture
def task(session: Session) -> Task:
    """A task with one message of each outcome at 1 credit, beside a second account with a task of its own."""
    route = make_route(session)
    stranger = make_owner(session, make_account(session, available=5_000))
    make_submitted_task(session, stranger, route)
    owner = make_owner(session, make_account(session, available=20_000))
    make_draft(session, owner, route, total=9, price=9_000)
    return make_settled_task(session, owner, route, OUTCOMES)


def tamper(session: Session, statement: str, task: Task) -> None:
    """Change the books behind the ledger's back. `:task` and `:account` stand for the task's."""
    values = {"task": task.id, "account": task.account_id}
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    with write_transaction(session):
        assert session.execute(text(statement), used).rowcount == 1


@pytest.mark.usefixtures("any_app")
def test_sound_books_have_no_difference(session: Session, task: Task) -> None:
    report = audit(session)
    assert report.ok
    assert report.accounts == 2
    assert report.entries == 2 + 2 + 6  # top-ups, holds, and what resolved the second
    assert audit(session, task.account_id).entries == 1 + 1 + 6


BROKEN_BOOKS = {
    "a balance changed": (
        "UPDATE account SET available = available + 1 WHERE id = :account",
        "available credit, by its entries",
    ),
    "held credit changed": (
        "UPDATE account SET held = held - 1 WHERE id = :account",
        "held credit, by what tasks hold",
    ),
    "an entry deleted": (
        "DELETE FROM ledger_entry WHERE task_id = :task AND kind = 'release' AND available = 1000"
        " AND id = (SELECT min(id) FROM ledger_entry WHERE task_id = :task AND kind = 'release')",
        "released, by its messages",
    ),
    "an entry's balance changed": (
        "UPDATE ledger_entry SET available_after = available_after + 1"
        " WHERE task_id = :task AND kind = 'hold'",
        "available credit after entry",
    ),
    "an entry's kind changed": (
        "UPDATE ledger_entry SET kind = 'adjustment' WHERE task_id = :task AND kind = 'hold'",
        "held, by what became of it",
    ),
    "an entry taken from its task": (
        "UPDATE ledger_entry SET task_id = NULL WHERE task_id = :task AND kind = 'hold'",
        "still held, by its messages",
    ),
    "an entry given to a stranger": (
        "UPDATE ledger_entry SET account_id = (SELECT min(id) FROM account WHERE id <> :account)"
        " WHERE task_id = :task AND kind = 'hold'",
        "account of its entries",
    ),
    "a message's money flipped": (
        "UPDATE message SET money = 'charged' WHERE task_id = :task AND status = 'in_doubt'",
        "still held, by its messages",
    ),
    "a message's price changed": (
        "UPDATE message SET price = 999 WHERE task_id = :task AND status = 'delivered'",
        "charged, by its messages",
    ),
    "a message gone": (
        "DELETE FROM message WHERE task_id = :task AND status = 'cancelled'",
        "messages in all",
    ),
    "a message given to a stranger": (
        "UPDATE message SET account_id = (SELECT min(id) FROM account WHERE id <> :account)"
        " WHERE task_id = :task AND status = 'queued'",
        "account of its messages",
    ),
    "a failed message still holding its money": (
        "UPDATE message SET status = 'failed' WHERE task_id = :task AND status = 'in_doubt'",
        "messages whose money does not fit their status",
    ),
    "a charged message back on the queue": (
        "UPDATE message SET status = 'queued' WHERE task_id = :task AND status = 'accepted'",
        "messages whose money does not fit their status",
    ),
    "a counter wrong": ("UPDATE task SET delivered = delivered - 1 WHERE id = :task", "delivered messages"),
    "the total wrong": ("UPDATE task SET total = total + 1 WHERE id = :task", "messages in all"),
    "the price wrong": ("UPDATE task SET price = price + 1 WHERE id = :task", "price, by its messages"),
}


@pytest.mark.usefixtures("any_app")
@pytest.mark.books_broken_on_purpose
@pytest.mark.parametrize(("statement", "what"), BROKEN_BOOKS.values(), ids=BROKEN_BOOKS.keys())
def test_every_planted_difference_is_found(session: Session, task: Task, statement: str, what: str) -> None:
    tamper(session, statement, task)
    for report in (audit(session), audit(session, task.account_id)):
        found = [difference for difference in report.differences if difference.what.startswith(what)]
        assert found, f"only found {[str(difference) for difference in report.differences]}"
        assert {difference.account_id for difference in found} == {task.account_id}


@pytest.mark.books_broken_on_purpose
def test_a_difference_says_where_and_how_much(session: Session, task: Task) -> None:
    tamper(session, "UPDATE task SET failed = failed + 1 WHERE id = :task", task)
    (difference,) = audit(session).differences
    assert str(difference) == f"task {task.id}, failed messages: expected 2, found 3"


@pytest.mark.usefixtures("any_app")
@pytest.mark.books_broken_on_purpose
def test_a_difference_stops_its_account_and_tells_staff_once(session: Session, task: Task) -> None:
    tamper(session, "UPDATE account SET available = available - 1 WHERE id = :account", task)
    for _ in range(2):
        report = audit(session)
        with write_transaction(session):
            enforce(session, report)

    stopped = session.scalars(select(Account).where(Account.stopped_reason.is_not(None))).all()
    assert [account.id for account in stopped] == [task.account_id]
    assert "available credit, by its entries" in (stopped[0].stopped_reason or "")
    (alert,) = session.scalars(select(StaffAlert)).all()
    assert alert.key == f"ledger:{task.account_id}"
    assert alert.account_id == task.account_id


@pytest.mark.books_broken_on_purpose
def test_a_reason_that_stands_is_not_overwritten(session: Session, task: Task) -> None:
    task.account.stopped_reason = "Asked for by finance."
    session.commit()
    tamper(session, "UPDATE task SET failed = 0 WHERE id = :task", task)
    report = audit(session)
    with write_transaction(session):
        enforce(session, report)
    assert task.account.stopped_reason == "Asked for by finance."


@pytest.mark.books_broken_on_purpose
def test_a_reason_fits_its_column_whatever_differs(session: Session, task: Task) -> None:
    for statement, _ in list(BROKEN_BOOKS.values())[:4]:
        tamper(session, statement, task)
    report = audit(session)
    with write_transaction(session):
        enforce(session, report)
    reason = task.account.stopped_reason or ""
    assert "more." in reason
    assert len(reason) <= 500


@pytest.mark.usefixtures("task")
def test_the_command_says_that_nothing_differs(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["ledger", "audit"])
    assert result.exit_code == 0, result.output
    assert result.output == "ledger audit: 2 accounts, 10 entries, no difference\n"


@pytest.mark.books_broken_on_purpose
def test_the_command_lists_differences_and_fails(app: Flask, session: Session, task: Task) -> None:
    tamper(session, "UPDATE task SET failed = 0 WHERE id = :task", task)
    result = app.test_cli_runner().invoke(args=["ledger", "audit", "--account", str(task.account_id)])
    assert result.exit_code == 1
    assert "failed messages" in result.output
    assert result.output.endswith("1 accounts, 8 entries, 1 difference\n")
