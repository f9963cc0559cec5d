"""What a task cost, read from the ledger."""

from __future__ import annotations

from app.database import write_transaction
from app.ledger import transfers
from app.models import Message
from app.records.money import TaskMoney, latest_entries, money_of_task, money_of_tasks
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_submitted_task
from tests.factories.users import make_owner


def test_a_tasks_money_is_what_its_entries_say(session):
    user = make_owner(session, make_account(session, available=10_000))
    task = make_submitted_task(session, user, make_route(session), messages=4)
    messages = session.query(Message).filter_by(task_id=task.id).order_by(Message.row).all()
    with write_transaction(session):
        for message, status, money in zip(
            messages, ("delivered", "failed", "failed"), ("charged", "released", "refunded"), strict=False
        ):
            message.status, message.money = status, money
        task.delivered, task.failed = 1, 2
        session.flush()
        transfers.charge(session, task.id, task.account_id, 2_000, f"task:{task.id}:charge")
        transfers.release(session, task.id, task.account_id, 1_000, f"task:{task.id}:release")
        transfers.refund(session, task.id, task.account_id, 1_000, f"task:{task.id}:refund")
    money = money_of_task(session, task.id)
    assert money == TaskMoney(held=4_000, charged=2_000, released=1_000, refunded=1_000)
    assert (money.outstanding, money.cost) == (1_000, 1_000)
    assert [entry.kind for entry in latest_entries(session, task.id, 2)] == ["refund", "release"]


def test_a_task_that_moved_no_credit_cost_nothing(session):
    user = make_owner(session)
    draft = make_draft(session, user, make_route(session))
    assert money_of_tasks(session, [draft.id]) == {draft.id: TaskMoney()}
    assert money_of_tasks(session, []) == {}
