"""Finding tasks, always within one account."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.orm import Session

from app.errors import NotFound, TaskRefused
from app.language import gettext
from app.models import AccountRoute, Route, Task, TemplateState, WhatsAppTemplate


def task_of(session: Session, account_id: int, public_id: str) -> Task:
    """The account's task of that public id. Raises NotFound, also when it is somebody else's."""
    task = session.scalar(select(Task).where(Task.account_id == account_id, Task.public_id == public_id))
    if task is None:
        raise NotFound(gettext("There is no such task in your account."))
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
        raise NotFound(gettext("There is no such task."))
    return task


def lock_tasks(session: Session, task_ids: Iterable[int]) -> list[Task]:
    """Several tasks, all locked before anything else is, as the database has them now.

    They are locked by id and returned by account, the order in which their money may move: a transaction that
    went on to a second task with the first one's account locked would meet another that holds the second task and
    waits for that account.
    """
    tasks = session.scalars(_locking_tasks(), {"tasks": list(task_ids)}).all()
    return sorted(tasks, key=lambda task: (task.account_id, task.id))


@cache
def _locking_tasks() -> Any:
    """Built once: a pump locks its tasks several times a second."""
    return (
        select(Task)
        .where(Task.id.in_(bindparam("tasks", expanding=True)))
        .order_by(Task.id)
        .with_for_update(of=Task)
        .execution_options(populate_existing=True)
    )


def earlier_tasks(session: Session, account_id: int, most: int = 15) -> list[Task]:
    """The account's latest submitted tasks, newest first, one for each text."""
    latest = session.scalars(
        select(Task)
        .where(Task.account_id == account_id, Task.submitted_at.is_not(None))
        .order_by(Task.submitted_at.desc(), Task.id.desc())
        .limit(3 * most)
    )
    by_text: dict[str, Task] = {}
    for task in latest:
        by_text.setdefault(task.content, task)
    return list(by_text.values())[:most]


def open_routes(session: Session, account_id: int) -> list[Route]:
    """The routes that this account may choose now, by name."""
    return list(session.scalars(_open_to(account_id).order_by(Route.name)))


def routes_for_everyone(session: Session) -> list[Route]:
    """The routes that whoever registers may choose, by name."""
    return list(session.scalars(select(Route).where(Route.open, Route.everyone).order_by(Route.name)))


def open_route(session: Session, route_id: int, account_id: int) -> Route:
    """An open route. Raises NotFound when it is closed, was never there, or is not for this account."""
    route = session.scalar(_open_to(account_id).where(Route.id == route_id))
    if route is None:
        raise NotFound(gettext("This route is not open. Choose another one."))
    return route


def approved_templates(session: Session, account_id: int) -> list[WhatsAppTemplate]:
    """The account's WhatsApp templates that may be sent, by name."""
    return list(
        session.scalars(
            select(WhatsAppTemplate)
            .where(
                WhatsAppTemplate.account_id == account_id, WhatsAppTemplate.state == TemplateState.APPROVED
            )
            .order_by(WhatsAppTemplate.name, WhatsAppTemplate.language)
        )
    )


def approved_template(session: Session, template_id: int | None, account_id: int) -> WhatsAppTemplate:
    """One of them. Raises TaskRefused when it is not there, or not approved any more."""
    for template in approved_templates(session, account_id):
        if template.id == template_id:
            return template
    raise TaskRefused(
        gettext("A WhatsApp route needs an approved template. Choose one that is approved now.")
    )


def own_prices(session: Session, account_id: int) -> dict[int, int]:
    """The account's own prices by route id, in millicredits a segment; a route without one has its own prices."""
    rows = session.execute(
        select(AccountRoute.route_id, AccountRoute.price_per_segment).where(
            AccountRoute.account_id == account_id, AccountRoute.price_per_segment.is_not(None)
        )
    )
    return {row.route_id: row.price_per_segment for row in rows}


def _open_to(account_id: int) -> Select[Route]:
    """Open routes that are for everyone, but for those that staff took from the account or gave to it alone."""
    is_for_account: ColumnElement[bool] = func.coalesce(AccountRoute.allowed, Route.everyone)
    return (
        select(Route)
        .outerjoin(
            AccountRoute, (AccountRoute.route_id == Route.id) & (AccountRoute.account_id == account_id)
        )
        .where(Route.open, is_for_account)
    )
