"""What became of a ticket's messages: every step, receipt, error and credit, for staff to read beside it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import LedgerEntry, Message, Ticket, TicketMessage
from app.records.message_history import MessageHistory, histories_of

LEDGER_LINES = 30


def histories(session: Session, ticket: Ticket) -> list[MessageHistory]:
    """The ticket's sample messages, by row."""
    messages = session.scalars(
        select(Message)
        .join(TicketMessage, TicketMessage.message_id == Message.id)
        .where(TicketMessage.ticket_id == ticket.id)
        .order_by(Message.row)
    ).all()
    return histories_of(session, messages)


def ledger_lines(session: Session, ticket: Ticket) -> Sequence[LedgerEntry]:
    """The ledger entries of the ticket's task, oldest first; credit moves for many messages in one entry."""
    if ticket.task_id is None:
        return []
    newest = session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.task_id == ticket.task_id)
        .order_by(LedgerEntry.id.desc())
        .limit(LEDGER_LINES)
    ).all()
    return newest[::-1]
