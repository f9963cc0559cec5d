"""Which tasks have had their time. Nothing here changes anything."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, select, tuple_
from sqlalchemy.orm import Session

from app.models import (
    Account,
    AccountState,
    AuditEvent,
    Message,
    Money,
    Task,
    TaskState,
    Ticket,
    TicketMessage,
)

OVER: Final = (TaskState.DONE, TaskState.CANCELLED)
DRAFTS: Final = (TaskState.DRAFT, TaskState.READY, TaskState.REJECTED, TaskState.DISCARDED)
_AT_ONCE: Final = 100


def tasks_due(
    session: Session, before: datetime, beyond: tuple[datetime, int] | None = None
) -> list[tuple[datetime, int]]:
    """Submitted tasks that ended before then, as (when they ended, id), in this order, some at a time.

    `beyond` is the last of those before. What cannot be erased yet is passed over, and asked about again another day.
    """
    due = select(Task.finished_at, Task.id).where(*over(before))
    if beyond is not None:
        due = due.where(tuple_(Task.finished_at, Task.id) > beyond)
    rows = session.execute(due.order_by(Task.finished_at, Task.id).limit(_AT_ONCE))
    return [(row[0], row[1]) for row in rows if row[0] is not None]


def drafts_due(session: Session, before: datetime) -> list[int]:
    """Drafts that nobody touched since then; some of them at a time."""
    return list(
        session.scalars(select(Task.id).where(*untouched(before)).order_by(Task.changed_at).limit(_AT_ONCE))
    )


def over(before: datetime) -> list[ColumnElement[bool]]:
    """A task that ended before then, of which nothing is open: no message in doubt or unpaid, no support request."""
    open_ticket = exists().where(Ticket.state != "closed")
    sample = exists().where(
        TicketMessage.message_id == Message.id,
        Message.task_id == Task.id,
        TicketMessage.ticket_id == Ticket.id,
        Ticket.state != "closed",
    )
    return [
        Task.erased_at.is_(None),
        Task.finished_at.is_not(None),
        Task.finished_at < before,
        Task.state.in_(OVER),
        Task.in_doubt == 0,
        Task.total == Task.accepted + Task.delivered + Task.failed + Task.in_doubt + Task.cancelled,
        ~exists().where(Message.task_id == Task.id, Message.money == Money.HELD),
        ~open_ticket.where(Ticket.task_id == Task.id),
        ~sample,
    ]


def untouched(before: datetime) -> list[ColumnElement[bool]]:
    """A task that was never submitted and that nobody touched since then."""
    return [
        Task.erased_at.is_(None),
        Task.submitted_at.is_(None),
        Task.changed_at < before,
        Task.state.in_(DRAFTS),
    ]


def closed_accounts(session: Session, before: datetime) -> list[int]:
    """Accounts that were closed before then."""
    closed = (
        select(func.max(AuditEvent.at))
        .where(AuditEvent.account_id == Account.id, AuditEvent.action == "account.close")
        .scalar_subquery()
    )
    return list(
        session.scalars(select(Account.id).where(and_(Account.state == AccountState.CLOSED, closed < before)))
    )
