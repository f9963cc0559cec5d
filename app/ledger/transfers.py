"""Every way that credit moves. Each posts one entry and moves the account's two balances with it.

    top-up      available + amount
    adjustment  available + amount, which may be negative
    hold        available - amount, held + amount
    charge      held - amount
    release     held - amount, available + amount
    refund      available + amount

A hold is resolved by charges and releases that never exceed it; a charge is undone by refunds that never
exceed it (two-phase transfers: docs/coding/two-phase-transfers.md of tigerbeetle/tigerbeetle).

Amounts are integer millicredits. `key` names the transfer for good: the same key with the same amount,
account and task is done once, and returns the entry it made. Nothing here commits: call it inside
`app.database.write_transaction`, together with the rows that the money is for. Lock in the house's order,
task → messages → account: these functions lock the account, so they come last.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from app.errors import Conflict, InsufficientCredit, LedgerStopped, NotAllowed, NotFound
from app.language import gettext
from app.ledger.blocks import count_entry
from app.models import Account, AccountState, EntryKind, LedgerEntry, Task

LARGEST_AMOUNT = 10**15  # a trillion credits: far above any business, far below the columns' limit


@dataclass(frozen=True, slots=True)
class _Transfer:
    """What is to be posted: `available` and `held` are added to the balances, in millicredits."""

    kind: EntryKind
    account_id: int
    available: int
    held: int
    key: str
    task_id: int | None = None
    user_id: int | None = None
    note: str | None = None

    def made(self, entry: LedgerEntry) -> bool:
        """Whether `entry` is this transfer, posted before."""
        return (self.kind, self.account_id, self.task_id, self.available, self.held) == (
            entry.kind,
            entry.account_id,
            entry.task_id,
            entry.available,
            entry.held,
        )


def top_up(
    session: Session, account_id: int, amount: int, key: str, *, user_id: int | None, note: str | None
) -> LedgerEntry:
    """Add paid credit. `user_id` is who confirmed it, `note` what they wrote.

    Raises ValueError for an amount that is not a positive integer, NotFound, and Conflict for a reused key.
    """
    amount = _positive(amount)
    return _post(session, _Transfer(EntryKind.TOP_UP, account_id, amount, 0, key, None, user_id, note))


def adjust(
    session: Session, account_id: int, amount: int, key: str, *, user_id: int | None, note: str | None
) -> LedgerEntry:
    """Correct the available credit by hand, up or down: the one transfer whose amount may be negative.

    Raises ValueError for zero or a non-integer, NotFound, and Conflict for a reused key or when it would take
    away more than is available.
    """
    if type(amount) is int and amount < 0:
        amount = -_positive(-amount)
    else:
        amount = _positive(amount)
    return _post(session, _Transfer(EntryKind.ADJUSTMENT, account_id, amount, 0, key, None, user_id, note))


def hold(session: Session, task_id: int, account_id: int, amount: int, key: str) -> LedgerEntry:
    """Set a submission's whole price aside. A task that costs nothing needs no hold.

    Raises InsufficientCredit when the available credit does not cover it (nothing is changed), LedgerStopped
    while the audit has stopped the account, NotAllowed while it is suspended or closed, ValueError, NotFound for
    the account or a task that is not the account's, and Conflict for a reused key.
    """
    amount = _positive(amount)
    return _post(session, _Transfer(EntryKind.HOLD, account_id, -amount, amount, key, task_id))


def charge(session: Session, task_id: int, account_id: int, amount: int, key: str) -> LedgerEntry:
    """Take held credit for good: these messages succeeded.

    Raises ValueError, NotFound, and Conflict for a reused key or when the task holds less than this.
    """
    amount = _positive(amount)
    return _post(session, _Transfer(EntryKind.CHARGE, account_id, 0, -amount, key, task_id))


def release(session: Session, task_id: int, account_id: int, amount: int, key: str) -> LedgerEntry:
    """Give held credit back: these messages failed, were cancelled, or stayed in doubt for too long.

    Raises ValueError, NotFound, and Conflict for a reused key or when the task holds less than this.
    """
    amount = _positive(amount)
    return _post(session, _Transfer(EntryKind.RELEASE, account_id, amount, -amount, key, task_id))


def refund(session: Session, task_id: int, account_id: int, amount: int, key: str) -> LedgerEntry:
    """Give charged credit back: these messages failed after they had been charged.

    Raises ValueError, NotFound, and Conflict for a reused key or when less than this was charged to the task.
    """
    amount = _positive(amount)
    return _post(session, _Transfer(EntryKind.REFUND, account_id, amount, 0, key, task_id))


def _positive(amount: int) -> int:
    """The amount itself. Raises ValueError when it is no positive integer; True and 1.0 are none either."""
    if type(amount) is not int or not 0 < amount <= LARGEST_AMOUNT:
        raise ValueError(f"An amount is a positive integer of millicredits, not {amount!r}.")
    return amount


def _post(session: Session, transfer: _Transfer) -> LedgerEntry:
    """Lock the account, post the transfer once, and return its entry.

    The lock makes the look-up of the key safe: whoever posts the same key for this account waits here, and
    then finds the entry. On SQLite the write transaction is that lock.
    """
    locked = session.execute(_locking_account(), {"account": transfer.account_id}).one_or_none()
    if locked is None:
        raise NotFound(gettext("There is no such account."))
    posted = session.scalar(_posted(), {"transfer": transfer.key})
    if posted is not None:
        if transfer.made(posted):
            return posted
        raise Conflict(
            gettext("The ledger key %(key)s already stands for another transfer.", key=transfer.key)
        )
    if transfer.kind == EntryKind.HOLD and locked.state != AccountState.ACTIVE:
        raise NotAllowed(
            gettext(
                "This account is %(state)s, so nothing can be submitted. Contact support.", state=locked.state
            )
        )
    if transfer.task_id is not None:
        _check_task(session, transfer, locked.stopped_reason)
    available, held = _move_balances(session, transfer)
    entry = LedgerEntry(**asdict(transfer), available_after=available, held_after=held)
    session.add(entry)
    session.flush()
    count_entry(session, entry)
    return entry


def _check_task(session: Session, transfer: _Transfer, stopped_reason: str | None) -> None:
    """Raise when the task's own books do not allow the transfer, though the account's balances might."""
    if transfer.kind == EntryKind.HOLD:
        owned = select(Task.id).where(Task.id == transfer.task_id, Task.account_id == transfer.account_id)
        if session.scalar(owned) is None:
            raise NotFound(gettext("There is no such task."))
        if stopped_reason is not None:
            raise LedgerStopped(
                gettext(
                    "Sending is stopped for this account while we check its balance. Our staff have been "
                    "told; contact support if it lasts."
                )
            )
        return
    outstanding, charged = _task_books(session, transfer)
    if outstanding + transfer.held < 0:
        raise Conflict(
            gettext(
                "Task %(task_id)s holds %(outstanding)s millicredits, less than this resolves.",
                task_id=transfer.task_id,
                outstanding=outstanding,
            )
        )
    if transfer.kind == EntryKind.REFUND and charged < transfer.available:
        raise Conflict(
            gettext(
                "Task %(task_id)s was charged %(charged)s millicredits, less than this refunds.",
                task_id=transfer.task_id,
                charged=charged,
            )
        )


def _task_books(session: Session, transfer: _Transfer) -> tuple[int, int]:
    """What the transfer's task still holds, and what it was charged and not refunded, in millicredits."""
    row = session.execute(_books(), {"task": transfer.task_id, "account": transfer.account_id}).one()
    return int(row[0]), int(row[1])


def _move_balances(session: Session, transfer: _Transfer) -> tuple[int, int]:
    """Add the transfer to the account's balances where neither falls below zero; return what they are now."""
    values = {
        "account": transfer.account_id,
        "more_available": transfer.available,
        "more_held": transfer.held,
    }
    moved = session.execute(_moving_balances(), values).one_or_none()
    if moved is None:
        raise _shortage(session, transfer)
    account = session.identity_map.get(identity_key(Account, transfer.account_id))
    if account is not None:
        session.expire(account, ["available", "held"])
    return moved.available, moved.held


# Built once: a pump posts several times a second, and building a statement takes longer than running it.


@cache
def _locking_account() -> Any:
    """Rows that refer to the account may still be added."""
    columns = (Account.id, Account.state, Account.stopped_reason)
    return select(*columns).where(Account.id == bindparam("account")).with_for_update(key_share=True)


@cache
def _posted() -> Any:
    return select(LedgerEntry).where(LedgerEntry.key == bindparam("transfer"))


@cache
def _books() -> Any:
    charged = -func.coalesce(func.sum(LedgerEntry.held).filter(LedgerEntry.kind == EntryKind.CHARGE), 0)
    refunded = func.coalesce(func.sum(LedgerEntry.available).filter(LedgerEntry.kind == EntryKind.REFUND), 0)
    outstanding = func.coalesce(func.sum(LedgerEntry.held), 0)
    return select(outstanding, charged - refunded).where(
        LedgerEntry.task_id == bindparam("task"), LedgerEntry.account_id == bindparam("account")
    )


@cache
def _moving_balances() -> Any:
    available = Account.available + bindparam("more_available")
    held = Account.held + bindparam("more_held")
    return (
        update(Account)
        .where(Account.id == bindparam("account"), available >= 0, held >= 0)
        .values(available=available, held=held)
        .returning(Account.available, Account.held)
        .execution_options(synchronize_session=False)
    )


def _shortage(session: Session, transfer: _Transfer) -> Exception:
    """Why the balances did not move."""
    available, held = session.execute(
        select(Account.available, Account.held).where(Account.id == transfer.account_id)
    ).one()
    if transfer.kind == EntryKind.HOLD:
        return InsufficientCredit(needed=-transfer.available, available=available)
    return Conflict(
        gettext(
            "Account %(account_id)s has %(available)s millicredits available and %(held)s held: "
            "too little for this %(kind)s.",
            account_id=transfer.account_id,
            available=available,
            held=held,
            kind=transfer.kind,
        )
    )
