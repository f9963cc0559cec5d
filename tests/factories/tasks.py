"""Tasks: drafts, and tasks that were submitted and hold their price."""

from __future__ import annotations

from itertools import count

from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.ledger import rollups, transfers
from app.models import Route, Task, TaskKind, TaskState, User
from tests.factories.messages import Outcome, queued_messages, settle

_numbers = count(1)


def make_draft(session: Session, user: User, route: Route, **columns: object) -> Task:
    """A task that was begun: nothing checked, nothing held."""
    task = _task(user, route, columns)
    session.add(task)
    session.commit()
    return task


def make_submitted_task(
    session: Session, user: User, route: Route, *, messages: int = 3, price: int = 1000, **columns: object
) -> Task:
    """A running task with queued messages of `price` millicredits each, all held.

    The account needs the credit: raises InsufficientCredit without it.
    """
    defaults: dict[str, object] = {
        "state": TaskState.RUNNING,
        "submission_key": f"submission-{next(_numbers)}",
        "submitted_at": now(),
        "day": now().date(),
        "total": messages,
        "price": messages * price,
    }
    task = _task(user, route, {**defaults, **columns})
    with write_transaction(session):
        session.add(task)
        session.flush()
        session.add_all(queued_messages(task, messages, price))
        if task.price:
            transfers.hold(session, task.id, task.account_id, task.price, f"task:{task.id}:hold")
        rollups.count_submission(session, task)
    return task


def make_settled_task(
    session: Session,
    user: User,
    route: Route,
    outcomes: list[Outcome],
    *,
    price: int = 1000,
    **columns: object,
) -> Task:
    """A running task with one message for each outcome, its money moved to fit."""
    task = make_submitted_task(session, user, route, messages=len(outcomes), price=price, **columns)
    with write_transaction(session):
        settle(session, task, outcomes)
    return task


def _task(user: User, route: Route, columns: dict[str, object]) -> Task:
    defaults: dict[str, object] = {
        "kind": TaskKind.QUICK,
        "name": f"Task {next(_numbers)}",
        "content": "Your parcel is at the counter.",
    }
    return Task(**{**defaults, **columns}, account_id=user.account_id, user_id=user.id, route_id=route.id)
