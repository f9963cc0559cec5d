"""A client's task as staff see it, whosever it is: its history, its money, its messages, what was asked about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.errors import NotFound
from app.language import gettext
from app.models import AuditEvent, LedgerEntry, Message, Task, Ticket
from app.records.message_history import MessageHistory, histories_of
from app.records.pages import Page, page_by_key

EVENTS_SHOWN: Final = 30
TICKETS_SHOWN: Final = 20


def any_task(session: Session, public_id: str) -> Task:
    """A task of any account, for staff. Raises NotFound."""
    task = session.scalar(
        select(Task)
        .where(Task.public_id == public_id)
        .options(joinedload(Task.account), joinedload(Task.user))
    )
    if task is None:
        raise NotFound(gettext("There is no such task."))
    return task


def events(session: Session, task: Task) -> Sequence[AuditEvent]:
    """What people did with the task, newest first."""
    return session.scalars(
        select(AuditEvent)
        .where(AuditEvent.account_id == task.account_id, AuditEvent.subject == f"task:{task.id}")
        .order_by(AuditEvent.id.desc())
        .limit(EVENTS_SHOWN)
    ).all()


def tickets(session: Session, task: Task) -> Sequence[Ticket]:
    """What the client has asked about it, newest first."""
    return session.scalars(
        select(Ticket)
        .where(Ticket.account_id == task.account_id, Ticket.task_id == task.id)
        .order_by(Ticket.id.desc())
        .limit(TICKETS_SHOWN)
    ).all()


def entries(
    session: Session, task: Task, *, before: int | None = None, after: int | None = None
) -> Page[LedgerEntry]:
    """A page of the task's ledger entries, newest first; `before` and `after` are entry ids."""
    statement = select(LedgerEntry).where(LedgerEntry.task_id == task.id)
    return page_by_key(session, statement, LedgerEntry.id, before=before, after=after)


def message_history(session: Session, task: Task, row: int) -> MessageHistory:
    """The task's message of that row, with its receipts. Raises NotFound."""
    message = session.scalar(select(Message).where(Message.task_id == task.id, Message.row == row))
    if message is None:
        raise NotFound(gettext("This task has no message of that row."))
    return histories_of(session, [message])[0]
