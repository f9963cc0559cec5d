"""Finding tasks, always within one account."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.models import Route, Task


def task_of(session: Session, account_id: int, public_id: str) -> Task:
    """The account's task of that public id. Raises NotFound, also when it is somebody else's."""
    task = session.scalar(select(Task).where(Task.account_id == account_id, Task.public_id == public_id))
    if task is None:
        raise NotFound("There is no such task in your account.")
    return task


def lock_task(session: Session, task_id: int) -> Task:
    """The task, locked until the transaction ends, as the database has it now.

    The house's lock order is route lease, task (by id), messages, account. Raises NotFound.
    """
    task = session.scalar(
        select(Task)
        .where(Task.id == task_id)
        .with_for_update(of=Task)
        .execution_options(populate_existing=True)
    )
    if task is None:
        raise NotFound("There is no such task.")
    return task


def lock_tasks(session: Session, task_ids: Iterable[int]) -> list[Task]:
    """Several tasks, all locked before anything else is, as the database has them now.

    They are locked by id and returned by account, the order in which their money may move: a transaction that
    went on to a second task with the first one's account locked would meet another that holds the second task and
    waits for that account.
    """
    tasks = session.scalars(
        select(Task)
        .where(Task.id.in_(list(task_ids)))
        .order_by(Task.id)
        .with_for_update(of=Task)
        .execution_options(populate_existing=True)
    ).all()
    return sorted(tasks, key=lambda task: (task.account_id, task.id))


def open_routes(session: Session) -> list[Route]:
    """The routes that a client may choose now, by name."""
    return list(session.scalars(select(Route).where(Route.open).order_by(Route.name)))


def open_route(session: Session, route_id: int) -> Route:
    """An open route. Raises NotFound when it is closed or was never there."""
    route = session.get(Route, route_id)
    if route is None or not route.open:
        raise NotFound("This route is not open. Choose another one.")
    return route
