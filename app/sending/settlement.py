"""Messages change status, and their money with them, in one transaction.

Every change of a submitted message ends in `book`: it alone writes ledger entries, the task's counters and the daily
sums, so that they cannot tell different stories. `apply_changes` writes the statuses before it; what thousands a second
come to, accepted, has a shorter way (`app.sending.dispatch.acceptance`).
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, TextClause, bindparam, select, text, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.clock import now
from app.ledger import rollups, route_hours, transfers
from app.models import ChargeWhen, LedgerEntry, Message, MessageStatus, Money, Task, TaskState
from app.models.base import UtcDateTime
from app.sending import task_notices
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
    may_have_left: bool = False  # from this try on, until it is final
    our_failure: bool = False
    region: str = ""
    route_id: int = 0
    sent_at: datetime | None = None
    code_was: str | None = None


class LockedMessage(NamedTuple):
    """What a change has to know of its message, read under lock."""

    id: int
    price: int
    status: str
    money: str
    gateway_id: str | None
    claim: str | None
    attempt: int
    region: str
    route_id: int
    sent_at: datetime | None
    error_code: str | None
    may_have_left: bool
    own_failures: int


_LOCKED_COLUMNS: Final = tuple(getattr(Message, name) for name in LockedMessage._fields)

# The changes of a batch as the database reads them from one JSON text, the same columns on both.
_GIVEN: Final = {
    "sqlite": """(SELECT value ->> 'id' AS id, value ->> 'status' AS status, value ->> 'money' AS money,
        value ->> 'gateway_id' AS gateway_id, value ->> 'error_code' AS error_code,
        value ->> 'not_before' AS not_before, value ->> 'answered' AS answered, value ->> 'final' AS final,
        value ->> 'keeps_claim' AS keeps_claim, value ->> 'may_have_left' AS may_have_left,
        value ->> 'our_failure' AS our_failure FROM json_each(:changes))""",
    "postgresql": """(SELECT id, status, money, gateway_id, error_code,
        CAST(not_before AS timestamp) AT TIME ZONE 'UTC' AS not_before, answered, final, keeps_claim,
        may_have_left, our_failure
        FROM json_to_recordset(CAST(:changes AS json)) AS each(id bigint, status text, money text,
            gateway_id text, error_code text, not_before text, answered int, final int, keeps_claim int,
            may_have_left int, our_failure int))""",
}
_WRITE: Final = {
    dialect: text(
        f"""UPDATE message SET
        status = given.status, money = given.money, gateway_id = given.gateway_id,
        error_code = given.error_code, not_before = given.not_before,
        answered_at = CASE WHEN given.answered = 1 THEN :moment ELSE answered_at END,
        final_at = CASE WHEN given.final = 1 THEN :moment ELSE final_at END,
        claim = CASE WHEN given.keeps_claim = 1 THEN claim END,
        claim_expires_at = CASE WHEN given.keeps_claim = 1 THEN claim_expires_at END,
        may_have_left = CASE WHEN given.may_have_left = 1 THEN TRUE ELSE message.may_have_left END,
        own_failures = own_failures + COALESCE(given.our_failure, 0)
        FROM {given} AS given WHERE message.id = given.id"""  # noqa: S608
    ).bindparams(bindparam("moment", type_=UtcDateTime))
    for dialect, given in _GIVEN.items()
}


def change_of(message: LockedMessage, becomes: MessageStatus, **values: Any) -> Change:
    """The change of a message that was read under lock."""
    values.setdefault("gateway_id", message.gateway_id)
    values.setdefault("region", message.region)
    return Change(
        message.id,
        message.price,
        MessageStatus(message.status),
        becomes,
        Money(message.money),
        route_id=message.route_id,
        sent_at=message.sent_at,
        code_was=message.error_code,
        **values,
    )


def call_off(message: LockedMessage, error_code: str | None = None) -> Change:
    """The change of a waiting message that is not to leave any more.

    Cancelled, and its price released, where it surely has not left. Where an earlier try may have brought it to the
    carrier it is in doubt instead, until a receipt tells or the set time is over.
    """
    if message.may_have_left:
        return change_of(message, _M.IN_DOUBT, error_code=message.error_code)
    return change_of(message, _M.CANCELLED, error_code=error_code)


def apply_changes(session: Session, task: Task, changes: Sequence[Change]) -> None:
    """Write the changes of one task's messages, move their money, keep the task's counters.

    The caller holds the task's lock (see `app.sending.lookup.lock_task`) and read the messages under lock. Raises
    AssertionError for a move that the table does not have: that is a bug, and nothing is written.
    """
    if not changes:
        return
    moment = now()
    rows: list[dict[str, Any]] = []
    moves: list[rollups.Moved] = []
    for change in changes:
        assert change.becomes in MESSAGE_MOVES[change.was], f"{change.was} → {change.becomes}"
        money = money_after(task, change.becomes, change.money)
        rows.append(_written(change, money))
        moves.append(
            rollups.Moved(change.region, change.price, change.was, change.becomes, change.money, money)
        )
        _count_by_route(session, change, moment)
    _write_messages(session, rows, moment)
    book(session, task, moves)


def book(session: Session, task: Task, moves: Sequence[rollups.Moved]) -> None:
    """Follow the moves of one task's messages, written in this transaction, with counters, money and daily sums."""
    sums: Counter[tuple[Money, Money]] = Counter()
    counters: Counter[MessageStatus] = Counter()
    for move in moves:
        if move.money is not move.money_was:
            sums[move.money_was, move.money] += move.price
        counters[move.was] -= move.messages
        counters[move.becomes] += move.messages
    _move_counters(session, task, counters)
    batch = secrets.token_hex(8)
    for (was, becomes), amount in sums.items():
        if amount:
            key = f"task:{task.id}:settle:{batch}:{becomes}"
            _TRANSFER[was, becomes](session, task.id, task.account_id, amount, key=key)
    rollups.count_moves(session, task, moves)


def _count_by_route(session: Session, change: Change, moment: datetime) -> None:
    """What was final stays as it is, so a change never comes from there."""
    was = route_hours.Stand(change.was, change.code_was, None)
    becomes = route_hours.Stand(change.becomes, change.error_code, moment)
    route_hours.count_move(session, change.route_id, change.region, change.sent_at, was, becomes, moment)


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


def finish_if_over(session: Session, task: Task, reason: str | None = None) -> None:
    """A task under way, or paused, of which nothing waits any more is done. The caller holds the task's lock.

    `reason` is told to the client where it says more than that.
    """
    finished = session.execute(_finishing(), {"task": task.id, "reason": reason, "moment": now()})
    assert isinstance(finished, CursorResult)
    if finished.rowcount:
        task_notices.tell_finished(session, task.id)


def cancel_unsent(session: Session, task: Task) -> int:
    """Call off every message that waits: it is cancelled and its credit released, or in doubt. Returns how many.

    The caller holds the task's lock. A few thousand rows at a time, all in the caller's transaction.
    """
    called_off = 0
    while True:
        ids = session.scalars(
            select(Message.id)
            .where(Message.task_id == task.id, Message.status == _M.QUEUED)
            .order_by(Message.id)
            .limit(_BATCH)
        ).all()
        if not ids:
            return called_off
        messages = locked_messages(session, ids, Message.status == _M.QUEUED)
        apply_changes(session, task, [call_off(message) for message in messages])
        called_off += len(messages)


def locked_messages(
    session: Session, ids: Iterable[int], *conditions: ColumnElement[bool] | TextClause
) -> list[LockedMessage]:
    """Those of the messages that meet the conditions now, locked, in the order of their ids.

    Plain rows, not entities: a pump reads thousands a second.
    """
    return [
        LockedMessage._make(row)
        for row in session.execute(
            select(*_LOCKED_COLUMNS)
            .where(Message.id.in_(list(ids)), *conditions)
            .order_by(Message.id)
            .with_for_update(of=Message)
        )
    ]


def _written(change: Change, money: Money) -> dict[str, Any]:
    """A change as `_WRITE` reads it; what is left out stays as it is, or becomes null."""
    row: dict[str, Any] = {"id": change.message_id, "status": change.becomes.value, "money": money.value}
    if change.gateway_id is not None:
        row["gateway_id"] = change.gateway_id
    if change.error_code is not None:
        row["error_code"] = change.error_code
    if change.not_before is not None:
        row["not_before"] = change.not_before.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if change.answered:
        row["answered"] = 1
    if change.may_have_left:
        row["may_have_left"] = 1
    if change.our_failure:
        row["our_failure"] = 1
    if change.becomes in FINAL:
        row["final"] = 1
    if change.becomes is _M.IN_DOUBT:
        row["keeps_claim"] = 1  # a late answer must still find its attempt
    return row


def _write_messages(session: Session, rows: list[dict[str, Any]], moment: datetime) -> None:
    """All rows in one statement: one for each would cost a pump more than its wire does."""
    statement = _WRITE[session.get_bind().dialect.name]
    session.execute(statement, {"changes": json.dumps(rows), "moment": moment})


def _move_counters(session: Session, task: Task, counters: Counter[MessageStatus]) -> None:
    moved = {status: counters[status] for status in COUNTED}
    if any(moved.values()):
        values = {f"more_{status}": more for status, more in moved.items()}
        session.execute(_counting(), values | {"task": task.id, "moment": now()})


# Built once: a pump writes several times a second, and building a statement takes longer than running it.


@cache
def _finishing() -> Any:
    moment = bindparam("moment", type_=UtcDateTime())
    return (
        update(Task)
        .where(
            Task.id == bindparam("task"),
            Task.state.in_((TaskState.RUNNING, TaskState.PAUSED)),
            Task.total == Task.accepted + Task.delivered + Task.failed + Task.in_doubt + Task.cancelled,
        )
        .values(state=TaskState.DONE, state_reason=bindparam("reason"), finished_at=moment, changed_at=moment)
        .execution_options(synchronize_session=False)
    )


@cache
def _counting() -> Any:
    more = {name: getattr(Task, name) + bindparam(f"more_{name}") for name in sorted(COUNTED)}
    return (
        update(Task)
        .where(Task.id == bindparam("task"))
        .values(**more, changed_at=bindparam("moment", type_=UtcDateTime()))
        .execution_options(synchronize_session=False)
    )
