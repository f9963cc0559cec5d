"""The daily sums of what an account sent, moved in the transaction that moves what they count.

A rollup is written only while its account is locked: it comes after the account in the house's order of locks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app.ledger import submitted_days
from app.ledger.adding import add
from app.models import Account, Message, MessageStatus, Money, Rollup, RollupMonth, Task

KEY: Final = ("account_id", "day", "route_id", "region")
MONTH_KEY: Final = ("account_id", "month", "route_id", "region")
SUMS: Final = (
    "tasks",
    "messages",
    "segments",
    "accepted",
    "delivered",
    "failed",
    "in_doubt",
    "cancelled",
    "price",
    "charged",
    "refunded",
)
_COUNTED: Final = {status.value for status in MessageStatus} & set(SUMS)


class Moved(NamedTuple):
    """One move of some messages to one country: where they stood, where they stand, where their price went.

    `price` is of all of them together, in millicredits.
    """

    region: str
    price: int
    was: MessageStatus
    becomes: MessageStatus
    money_was: Money
    money: Money
    messages: int = 1


def due_day(account: Account, submitted: datetime, scheduled: datetime | None) -> date:
    """The day that a task counts on: when it is to start, as the account's clocks have it at its submission."""
    return max(submitted, scheduled or submitted).astimezone(ZoneInfo(account.time_zone)).date()


def count_submission(session: Session, task: Task) -> None:
    """Count a task whose messages have just been queued. The caller has locked its account by the hold."""
    _lock_account(session, task.account_id)
    _add(session, task, _submitted(session, task))
    whole = Counter(tasks=1, messages=task.total, price=task.price)
    submitted_days.count(session, task, whole)


def count_on_day(session: Session, task: Task, day: date) -> None:
    """Count a task of which nothing has left on another day. The caller holds the task's lock."""
    if day == task.day:
        return
    sums = _submitted(session, task)
    _lock_account(session, task.account_id)
    _add(session, task, {region: {name: -value for name, value in of.items()} for region, of in sums.items()})
    task.day = day
    _add(session, task, sums)


def _submitted(session: Session, task: Task) -> dict[str, dict[str, int]]:
    """What a task counts for while all of its messages are queued, by region."""
    rows = session.execute(
        select(Message.region, func.count(), func.sum(Message.segments), func.sum(Message.price))
        .where(Message.task_id == task.id)
        .group_by(Message.region)
        .order_by(Message.region)
    ).all()
    sums: dict[str, dict[str, int]] = {"": {"tasks": 1}}
    for region, messages, segments, price in rows:
        sums[region] = {"messages": messages, "segments": int(segments), "price": int(price)}
    return sums


def count_moves(session: Session, task: Task, moves: Iterable[Moved]) -> None:
    """Count what became of a task's messages, once their money has moved."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    of_day: Counter[str] = Counter()
    for move in moves:
        of_region = sums[move.region]
        for status, change in ((move.was, -1), (move.becomes, 1)):
            if status in submitted_days.COUNTED:
                of_day[submitted_days.COUNTED[status]] += change * move.messages
            if status in _COUNTED:
                of_region[status] += change * move.messages
        if move.money is not move.money_was and move.money in (Money.CHARGED, Money.REFUNDED):
            of_region[move.money] += move.price
            if move.money is Money.REFUNDED and move.money_was is Money.HELD:
                of_region[Money.CHARGED] += move.price  # in one step what is otherwise two
    changed = {region: values for region, values in sums.items() if any(values.values())}
    if changed:
        _lock_account(session, task.account_id)
        _add(session, task, changed)
    submitted_days.count(session, task, of_day)


def _add(session: Session, task: Task, sums: Mapping[str, Mapping[str, int]]) -> None:
    """Add to the task's day and to its month."""
    assert task.day is not None  # it is submitted
    for model, key, day in ((Rollup, KEY, task.day), (RollupMonth, MONTH_KEY, task.day.replace(day=1))):
        place = dict(zip(key, (task.account_id, day, task.route_id), strict=False))
        rows: list[dict[str, Any]] = [
            {**dict.fromkeys(SUMS, 0), **values, **place, "region": region}
            for region, values in sorted(sums.items())
        ]
        add(session, model.__table__, key, SUMS, rows)


def _lock_account(session: Session, account_id: int) -> None:
    if session.get_bind().dialect.name != "sqlite":  # which has one writer at a time
        session.execute(_locking_account(), {"account": account_id})


@cache
def _locking_account() -> Any:
    """Rows that refer to the account may still be added: whoever has added one, and moves credit next, is not waited
    for by a lock that they wait for.
    """
    return select(Account.id).where(Account.id == bindparam("account")).with_for_update(key_share=True)
