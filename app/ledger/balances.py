"""What an account has, and how it came to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.language import gettext
from app.models import Account, LedgerEntry
from app.models.base import LARGEST_KEY


@dataclass(frozen=True, slots=True)
class Balance:
    """Integer millicredits: free to spend, and set aside for tasks on their way."""

    available: int
    held: int


@dataclass(frozen=True, slots=True)
class StatementPage:
    """Entries from the newest to the oldest. `older` asks for the next page; None: there is none."""

    entries: Sequence[LedgerEntry]
    older: int | None


def balance(session: Session, account_id: int) -> Balance:
    """The account's balances now. Raises NotFound."""
    row = session.execute(
        select(Account.available, Account.held).where(Account.id == account_id)
    ).one_or_none()
    if row is None:
        raise NotFound(gettext("There is no such account."))
    return Balance(available=row.available, held=row.held)


def statement(
    session: Session, account_id: int, *, before: int | None = None, limit: int = 50
) -> StatementPage:
    """One page of the account's entries, newest first: those before the entry id that the last page gave.

    Pages by key, so that a page deep in the past costs the same as the first.
    """
    entries = select(LedgerEntry).where(LedgerEntry.account_id == account_id)
    if before is not None:
        entries = entries.where(LedgerEntry.id < min(before, LARGEST_KEY))
    found = session.scalars(entries.order_by(LedgerEntry.id.desc()).limit(limit + 1)).all()
    page = found[:limit]
    return StatementPage(entries=page, older=page[-1].id if len(found) > limit else None)
