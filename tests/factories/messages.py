"""Messages of a submitted task, on the queue or with their outcome."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.ledger import rollups, route_hours, transfers
from app.models import Message, MessageStatus, Money, Task


class Outcome(NamedTuple):
    """How far a message came, where its money went, and the gateway's reason where there is one."""

    status: MessageStatus
    money: Money
    code: str | None = None


WAITING = Outcome(MessageStatus.QUEUED, Money.HELD)
ACCEPTED = Outcome(MessageStatus.ACCEPTED, Money.CHARGED)
DELIVERED = Outcome(MessageStatus.DELIVERED, Money.CHARGED)
REFUSED = Outcome(MessageStatus.FAILED, Money.RELEASED)
FAILED_LATE = Outcome(MessageStatus.FAILED, Money.REFUNDED)
IN_DOUBT = Outcome(MessageStatus.IN_DOUBT, Money.HELD)
CANCELLED = Outcome(MessageStatus.CANCELLED, Money.RELEASED)


def queued_messages(task: Task, count: int, price: int) -> list[Message]:
    """New messages for the task, not yet in any session: rows 2, 3, …, each to its own Australian number."""
    return [
        Message(
            task_id=task.id,
            account_id=task.account_id,
            route_id=task.route_id,
            row=number + 2,
            e164=f"+614{number:08d}",
            region="AU",
            segments=1,
            price=price,
            reference=secrets.token_hex(12),
            queued_at=now(),
        )
        for number in range(count)
    ]


def settle(session: Session, task: Task, outcomes: list[Outcome]) -> None:
    """Give the task's messages these outcomes, in the order of their rows, and move their money to fit.

    Needs a write transaction, and a task with as many queued messages as there are outcomes.
    """
    messages = session.scalars(select(Message).where(Message.task_id == task.id).order_by(Message.row)).all()
    for message, outcome in zip(messages, outcomes, strict=True):
        message.status, message.money, message.error_code = outcome
        if outcome not in (WAITING, CANCELLED):
            message.sent_at, message.gateway_id = now(), f"gateway-{message.reference}"
        if outcome.status in (MessageStatus.DELIVERED, MessageStatus.FAILED, MessageStatus.CANCELLED):
            message.final_at = now()
        if outcome != WAITING:
            setattr(task, outcome.status, getattr(task, outcome.status) + 1)
        _move_money(session, message)
        _count_by_route(session, message)
    rollups.count_moves(session, task, [_moved(message) for message in messages])


def age(session: Session, by: timedelta, *conditions: ColumnElement[bool]) -> None:
    """Let the messages have left earlier by that much, and what is kept of them follow."""
    with write_transaction(session):
        for message in session.scalars(select(Message).where(Message.sent_at.is_not(None), *conditions)):
            _count_by_route(session, message, back=True)
            message.sent_at = message.sent_at - by
            _count_by_route(session, message)


def _count_by_route(session: Session, message: Message, *, back: bool = False) -> None:
    stands = [
        route_hours.Stand(MessageStatus.QUEUED, None, None),
        route_hours.Stand(MessageStatus(message.status), message.error_code, message.final_at),
    ]
    was, becomes = reversed(stands) if back else stands
    route_hours.count_move(session, message.route_id, message.region, message.sent_at, was, becomes, now())


def _moved(message: Message) -> rollups.Moved:
    """The message's way from the queue; what was refunded had been charged before."""
    return rollups.Moved(
        message.region,
        message.price,
        MessageStatus.QUEUED,
        MessageStatus(message.status),
        Money.HELD,
        Money(message.money),
    )


def _move_money(session: Session, message: Message) -> None:
    steps = {
        Money.HELD: (),
        Money.CHARGED: (transfers.charge,),
        Money.RELEASED: (transfers.release,),
        Money.REFUNDED: (transfers.charge, transfers.refund),
    }
    for transfer in steps[Money(message.money)]:
        key = f"message:{message.id}:{transfer.__name__}"
        transfer(session, message.task_id, message.account_id, message.price, key)
