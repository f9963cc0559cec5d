"""What a task cost, read from the ledger."""

from __future__ import annotations

from app.records.money import TaskMoney, latest_entries, money_of_task, money_of_tasks
from tests.factories.accounts import make_account
from tests.factories.messages import DELIVERED, FAILED_LATE, REFUSED, WAITING
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft, make_settled_task
from tests.factories.users import make_owner


def test_a_tasks_money_is_what_its_entries_say(session):
    user = make_owner(session, make_account(session, available=10_000))
    outcomes = [DELIVERED, REFUSED, FAILED_LATE, WAITING]
    task = make_settled_task(session, user, make_route(session), outcomes)
    money = money_of_task(session, task.id)
    assert money == TaskMoney(held=4_000, charged=2_000, released=1_000, refunded=1_000)
    assert (money.outstanding, money.cost) == (1_000, 1_000)
    assert [entry.kind for entry in latest_entries(session, task.id, 2)] == ["refund", "charge"]


def test_a_task_that_moved_no_credit_cost_nothing(session):
    user = make_owner(session)
    draft = make_draft(session, user, make_route(session))
    assert money_of_tasks(session, [draft.id]) == {draft.id: TaskMoney()}
    assert money_of_tasks(session, []) == {}
