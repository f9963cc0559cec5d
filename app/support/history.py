"""What became of a ticket's messages: every step, receipt, error and credit, for staff to read beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from app.models import LedgerEntry, Message, Receipt, Ticket, TicketMessage

LEDGER_LINES = 30


@dataclass(frozen=True, slots=True)
class MessageHistory:
    """One sample message with the receipts that the gateway sent for it, in the order they came."""

    message: Message
    receipts: Sequence[Receipt]


def histories(session: Session, ticket: Ticket) -> list[MessageHistory]:
    """The ticket's sample messages, by row."""
    messages = session.scalars(
        select(Message)
        .join(TicketMessage, TicketMessage.message_id == Message.id)
        .where(TicketMessage.ticket_id == ticket.id)
        .order_by(Message.row)
    ).all()
    receipts = _receipts(session, messages)
    return [MessageHistory(message, receipts[message.id]) for message in messages]


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


def _receipts(session: Session, messages: Sequence[Message]) -> dict[int, list[Receipt]]:
    """The receipts by message; one that was not matched yet is found by the gateway's own id."""
    by_gateway = {(m.route_id, m.gateway_id): m.id for m in messages if m.gateway_id is not None}
    found = session.scalars(
        select(Receipt)
        .where(
            or_(
                Receipt.message_id.in_([message.id for message in messages]),
                tuple_(Receipt.route_id, Receipt.gateway_id).in_(list(by_gateway)),
            )
        )
        .order_by(Receipt.id)
    )
    receipts: dict[int, list[Receipt]] = defaultdict(list)
    for receipt in found:
        message_id = receipt.message_id or by_gateway.get((receipt.route_id, receipt.gateway_id))
        if message_id is not None:
            receipts[message_id].append(receipt)
    return receipts
