"""An account's books: its balances against its entries, and every entry against those before it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import BigInteger, ColumnElement, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

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
from app.models import Account, LedgerEntry


def balance_differences(session: Session, account_id: int | None) -> Iterator[Difference]:
    """Each balance is the sum of its entries, and everything held is held by a task."""
    entries = (
        select(
            LedgerEntry.account_id,
            total(LedgerEntry.available).label("available"),
            total(LedgerEntry.held).label("held"),
            total(LedgerEntry.held, LedgerEntry.task_id.is_not(None)).label("held_by_tasks"),
        )
        .where(of_account(LedgerEntry.account_id, account_id))
        .group_by(LedgerEntry.account_id)
        .subquery()
    )
    available, held = Account.available.expression, Account.held.expression
    checks = (
        Check("available credit, by its entries", or_zero(entries.c.available), available),
        Check("held credit, by its entries", or_zero(entries.c.held), held),
        Check("held credit, by what tasks hold", or_zero(entries.c.held_by_tasks), held),
    )
    rows = (
        select(Account.id, *columns(checks))
        .outerjoin(entries, entries.c.account_id == Account.id)
        .where(of_account(Account.id, account_id), any_differs(checks))
        .order_by(Account.id)
    )
    for row in session.execute(rows):
        yield from differences(row[0], None, checks, row[1:])


def chain_differences(session: Session, account_id: int | None) -> Iterator[Difference]:
    """Each entry's balances after it are the sums up to it. Names an account's first that breaks this."""
    running = (
        select(
            LedgerEntry.id,
            LedgerEntry.account_id,
            LedgerEntry.available_after,
            LedgerEntry.held_after,
            _running_total(LedgerEntry.available).label("available"),
            _running_total(LedgerEntry.held).label("held"),
        )
        .where(of_account(LedgerEntry.account_id, account_id))
        .subquery()
    )
    checks = (
        Check("available credit after entry", running.c.available, running.c.available_after),
        Check("held credit after entry", running.c.held, running.c.held_after),
    )
    broken = (
        select(running.c.account_id, func.min(running.c.id).label("first"))
        .where(any_differs(checks))
        .group_by(running.c.account_id)
        .subquery()
    )
    rows = (
        select(running.c.account_id, running.c.id, *columns(checks))
        .join(broken, broken.c.first == running.c.id)
        .order_by(running.c.account_id)
    )
    for row in session.execute(rows):
        named = [Check(f"{check.what} {row[1]}", check.expected, check.found) for check in checks]
        yield from differences(row[0], None, named, row[2:])


def _running_total(amount: InstrumentedAttribute[int]) -> ColumnElement[int]:
    """The account's sum up to this entry. Ids grow within an account: it is locked while one is made."""
    return cast(
        func.sum(amount).over(partition_by=LedgerEntry.account_id, order_by=LedgerEntry.id), BigInteger
    )
