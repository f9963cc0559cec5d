"""Messages change status, and their money with them, in one transaction.

Every change of a submitted message goes through `apply_changes`: it alone writes statuses, ledger entries and the
task's counters, so that the three cannot tell different stories.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.ledger import transfers
from app.models import ChargeWhen, LedgerEntry, Message, MessageStatus, Money, Task, TaskState
from app.sending.states import MESSAGE_MOVES

_M = MessageStatus

# Statuses that the task counts; the others are "waiting", the rest of its total.
COUNTED: Final = frozenset({_M.ACCEPTED, _M.DELIVERED, _M.FAILED, _M.IN_DOUBT, _M.CANCELLED})
FINAL: Final = frozenset({_M.DELIVERED, _M.FAILED, _M.CANCELLED})

_BATCH = 1_000
_TRANSFER: Final[dict[tuple[Money, Money], Callable[..., LedgerEntry]]] = {
    (Money.HELD, Money.CHARGED): transfers.charge,
    (Money.HELD, Money.RELEASED): transfers.release,
    (Money.CHARGED, Money.REFUNDED): transfers.refund,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One message's move from `was`, as read under lock in this transaction, to `becomes`."""

    message_id: int
    price: int
    was: MessageStatus
    becomes: MessageStatus
    money: Money
    gateway_id: str | None = None
    error_code: str | None = None
    not_before: datetime | None = None
    answered: bool = False


def change_of(message: Message, becomes: MessageStatus, **values: Any) -> Change:
    """The change of a message that was read under lock."""
    values.setdefault("gateway_id", message.gateway_id)
    return Change(
        message.id, message.price, MessageStatus(message.status), becomes, Money(message.money), **values
    )


def apply_changes(session: Session, task: Task, changes: Sequence[Change]) -> None:
    """Write the changes of one task's messages, move their money, keep the task's counters.

    The caller holds the task's lock (see `app.sending.lookup.lock_task`) and read the messages under lock. Raises
    AssertionError for a move that the table does not have: that is a bug, and nothing is written.
    """
    if not changes:
        return
    moment = now()
    rows: list[dict[str, Any]] = []
    sums: Counter[tuple[Money, Money]] = Counter()
    counters: Counter[MessageStatus] = Counter()
    for change in changes:
        assert change.becomes in MESSAGE_MOVES[change.was], f"{change.was} → {change.becomes}"
        money = money_after(task, change.becomes, change.money)
        if money is not change.money:
            sums[change.money, money] += change.price
        counters[change.was] -= 1
        counters[change.becomes] += 1
        rows.append(_row(change, money, moment))
    _write_messages(session, rows)
    _move_counters(session, task, counters)
    batch = secrets.token_hex(8)
    for (was, becomes), amount in sums.items():
        if amount:
            key = f"task:{task.id}:settle:{batch}:{becomes}"
            _TRANSFER[was, becomes](session, task.id, task.account_id, amount, key=key)


def money_after(task: Task, status: MessageStatus, money: Money) -> Money:
    """Where a message's money stands once it has this status, by the rules the task was submitted under."""
    if money is Money.HELD:
        if status is _M.DELIVERED or (status is _M.ACCEPTED and task.charge_when == ChargeWhen.ACCEPTED):
            return Money.CHARGED
        if status in (_M.FAILED, _M.CANCELLED):
            return Money.RELEASED
    elif money is Money.CHARGED and status is _M.FAILED and task.refund_failed_receipt:
        return Money.REFUNDED
    return money


def finish_if_over(session: Session, task: Task) -> None:
    """A task under way, or paused, of which nothing waits any more is done. The caller holds the task's lock."""
    session.execute(
        update(Task)
        .where(
            Task.id == task.id,
            Task.state.in_((TaskState.RUNNING, TaskState.PAUSED)),
            Task.total == Task.accepted + Task.delivered + Task.failed + Task.in_doubt + Task.cancelled,
        )
        .values(state=TaskState.DONE, state_reason=None, finished_at=now(), changed_at=now())
        .execution_options(synchronize_session=False)
    )


def cancel_unsent(session: Session, task: Task, *, user_id: int | None = None) -> int:
    """Cancel every message that is not yet fenced, and release its credit. Returns how many.

    The caller holds the task's lock. A few thousand rows at a time, all in the caller's transaction.
    """
    cancelled = 0
    while True:
        messages = session.scalars(
            select(Message)
            .where(Message.task_id == task.id, Message.status.in_((_M.QUEUED, _M.CLAIMED)))
            .order_by(Message.id)
            .limit(_BATCH)
            .with_for_update(of=Message)
        ).all()
        if not messages:
            return cancelled
        apply_changes(session, task, [change_of(message, _M.CANCELLED) for message in messages])
        cancelled += len(messages)
        session.expire_all()


def locked_messages(session: Session, ids: Iterable[int], *conditions: ColumnElement[bool]) -> list[Message]:
    """Those of the messages that meet the conditions now, locked, in the order of their ids."""
    return list(
        session.scalars(
            select(Message)
            .where(Message.id.in_(list(ids)), *conditions)
            .order_by(Message.id)
            .with_for_update(of=Message)
            .execution_options(populate_existing=True)
        )
    )


def _row(change: Change, money: Money, moment: datetime) -> dict[str, Any]:
    keeps_claim = change.becomes is _M.IN_DOUBT  # a late answer must still find its attempt
    return {
        "message_id": change.message_id,
        "new_status": change.becomes.value,
        "new_money": money.value,
        "new_gateway_id": change.gateway_id,
        "new_error_code": change.error_code,
        "new_not_before": change.not_before,
        "is_answer": change.answered,
        "is_final": change.becomes in FINAL,
        "keeps_claim": keeps_claim,
        "moment": moment,
    }


def _write_messages(session: Session, rows: list[dict[str, Any]]) -> None:
    table = Message.__table__
    for answered in (False, True):
        for final in (False, True):
            for keeps in (False, True):
                chosen = [
                    row
                    for row in rows
                    if (row["is_answer"], row["is_final"], row["keeps_claim"]) == (answered, final, keeps)
                ]
                if not chosen:
                    continue
                values: dict[str, Any] = {
                    "status": bindparam("new_status"),
                    "money": bindparam("new_money"),
                    "gateway_id": bindparam("new_gateway_id"),
                    "error_code": bindparam("new_error_code"),
                    "not_before": bindparam("new_not_before"),
                }
                if answered:
                    values["answered_at"] = bindparam("moment")
                if final:
                    values["final_at"] = bindparam("moment")
                if not keeps:
                    values |= {"claim": None, "claim_expires_at": None}
                statement = update(Message).where(table.c.id == bindparam("message_id")).values(values)
                session.connection().execute(statement, chosen)


def _move_counters(session: Session, task: Task, counters: Counter[MessageStatus]) -> None:
    values: dict[Any, Any] = {
        getattr(Task, status.value): getattr(Task, status.value) + moved
        for status, moved in counters.items()
        if status in COUNTED and moved
    }
    if values:
        values[Task.changed_at] = now()
        session.execute(
            update(Task).where(Task.id == task.id).values(values).execution_options(synchronize_session=False)
        )
