"""What became of single messages: every receipt that the gateway sent for them, for staff to read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from app.models import Message, Receipt


@dataclass(frozen=True, slots=True)
class MessageHistory:
    """A message with the receipts that the gateway sent for it, in the order they came."""

    message: Message
    receipts: Sequence[Receipt]


def histories_of(session: Session, messages: Sequence[Message]) -> list[MessageHistory]:
    """The messages in their order, a few of them, each with its receipts."""
    receipts = _receipts(session, messages)
    return [MessageHistory(message, receipts[message.id]) for message in messages]


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
