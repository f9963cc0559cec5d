"""A task's books: its entries against its messages' prices, and its own numbers against its messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Subquery, case, func, literal, or_, select, true
from sqlalchemy.orm import Session

from app.ledger.comparison import (
    Check,
    Difference,
    any_differs,
    columns,
    differences,
    of_account,
    or_zero,
    total,
)
from app.models import EntryKind, LedgerEntry, Message, MessageStatus, Money, Task

_COUNTED = {
    "accepted": MessageStatus.ACCEPTED,
    "delivered": MessageStatus.DELIVERED,
    "failed": MessageStatus.FAILED,
    "in_doubt": MessageStatus.IN_DOUBT,
    "cancelled": MessageStatus.CANCELLED,
}
_UNSENT = (MessageStatus.QUEUED, MessageStatus.SENDING)
_FINAL = (MessageStatus.DELIVERED, MessageStatus.FAILED, MessageStatus.CANCELLED)


def task_differences(session: Session, account_id: int | None) -> Iterator[Difference]:
    """Each task's entries, its messages and its own numbers tell the same story."""
    entries, messages = _entries(account_id), _messages(account_id)
    checks = (*_money_checks(entries, messages), *_count_checks(messages), *_owner_checks(entries, messages))
    rows = (
        select(Task.account_id, Task.id, *columns(checks))
        .outerjoin(entries, entries.c.task_id == Task.id)
        .outerjoin(messages, messages.c.task_id == Task.id)
        .where(of_account(Task.account_id, account_id), any_differs(checks))
        .order_by(Task.id)
    )
    for row in session.execute(rows):
        yield from differences(row[0], row[1], checks, row[2:])


def _entries(account_id: int | None) -> Subquery:
    """By task: what was held, charged, released and refunded, and what it still holds, in millicredits."""
    kind = LedgerEntry.kind
    return (
        select(
            LedgerEntry.task_id,
            func.min(LedgerEntry.account_id).label("lowest_account"),
            func.max(LedgerEntry.account_id).label("highest_account"),
            total(LedgerEntry.held).label("outstanding"),
            total(LedgerEntry.held, kind == EntryKind.HOLD).label("held"),
            total(-LedgerEntry.held, kind == EntryKind.CHARGE).label("charged"),
            total(LedgerEntry.available, kind == EntryKind.RELEASE).label("released"),
            total(LedgerEntry.available, kind == EntryKind.REFUND).label("refunded"),
        )
        .where(LedgerEntry.task_id.is_not(None), _of_tasks(LedgerEntry.task_id, account_id))
        .group_by(LedgerEntry.task_id)
        .subquery()
    )


def _messages(account_id: int | None) -> Subquery:
    """By task: the messages' prices by where their money stands (millicredits), and their count by status."""
    status, money, price = Message.status, Message.money, Message.price
    stray = or_(
        status.in_(_UNSENT) & (money != Money.HELD),
        status.in_(_FINAL) & (money == Money.HELD),
    )
    return (
        select(
            Message.task_id,
            func.min(Message.account_id).label("lowest_account"),
            func.max(Message.account_id).label("highest_account"),
            func.count().label("count"),
            total(price).label("price"),
            total(price, money == Money.HELD).label("held"),
            total(price, money.in_((Money.CHARGED, Money.REFUNDED))).label("charged"),
            total(price, money == Money.RELEASED).label("released"),
            total(price, money == Money.REFUNDED).label("refunded"),
            func.count().filter(stray).label("stray"),
            *(func.count().filter(status == wanted).label(name) for name, wanted in _COUNTED.items()),
        )
        .where(_of_tasks(Message.task_id, account_id))
        .group_by(Message.task_id)
        .subquery()
    )


def _of_tasks(task_id: Any, account_id: int | None) -> ColumnElement[bool]:
    """The rows of the account's tasks, whichever account they name themselves; everybody's for None."""
    return true() if account_id is None else task_id.in_(select(Task.id).where(Task.account_id == account_id))


def _money_checks(entries: Subquery, messages: Subquery) -> list[Check]:
    """What the ledger says of a task is what its messages say, and adds up in itself."""
    held, outstanding, charged, released, refunded = (
        or_zero(entries.c[name]) for name in ("held", "outstanding", "charged", "released", "refunded")
    )
    return [
        Check("held, by what became of it", charged + released + outstanding, held),
        Check("still held, by its messages", or_zero(messages.c.held), outstanding),
        Check("charged, by its messages", or_zero(messages.c.charged), charged),
        Check("released, by its messages", or_zero(messages.c.released), released),
        Check("refunded, by its messages", or_zero(messages.c.refunded), refunded),
        Check(
            "price, by its messages", or_zero(messages.c.price), _once_submitted(Task.price, messages.c.price)
        ),
    ]


def _count_checks(messages: Subquery) -> list[Check]:
    """The task's counters are the counts of its messages, and no message's money contradicts its status."""
    counters = [
        Check(f"{name} messages", or_zero(messages.c[name]), getattr(Task, name).expression)
        for name in _COUNTED
    ]
    return [
        *counters,
        Check("messages in all", or_zero(messages.c.count), _once_submitted(Task.total, messages.c.count)),
        Check("messages whose money does not fit their status", literal(0), or_zero(messages.c.stray)),
    ]


def _owner_checks(entries: Subquery, messages: Subquery) -> list[Check]:
    """Everything of a task belongs to the task's account."""
    return [
        Check(what, func.coalesce(rows.c[end], Task.account_id), Task.account_id.expression)
        for what, rows in (("account of its entries", entries), ("account of its messages", messages))
        for end in ("lowest_account", "highest_account")
    ]


def _once_submitted(number: Any, by_messages: ColumnElement[Any]) -> ColumnElement[int]:
    """The task's own number; before submission it is only a forecast, so nothing is asked of it."""
    return case((Task.submitted_at.is_(None), or_zero(by_messages)), else_=number)
