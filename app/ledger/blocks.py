"""Sums of an account's entries by stretches of their ids, so that a period of years is added up from few rows.

A block moves in the transaction that posts the entry, under the account's lock; the audit proves each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, insert, literal, or_, select, union_all
from sqlalchemy.orm import Session

from app.ledger.adding import add
from app.ledger.comparison import Difference, of_account
from app.models import ENTRIES_IN_BLOCK, LedgerBlock, LedgerEntry

SUMS: Final = ("came_in", "went_out", "entries")

_AVAILABLE: Final = LedgerEntry.available
_CAME_IN: Final = func.coalesce(func.sum(case((_AVAILABLE > 0, _AVAILABLE), else_=0)), 0)
_WENT_OUT: Final = func.coalesce(func.sum(case((_AVAILABLE < 0, -_AVAILABLE), else_=0)), 0)


@dataclass(frozen=True, slots=True)
class Moved:
    """What entries came to: added to and taken from the available credit (millicredits), and how many they were."""

    came_in: int
    went_out: int
    entries: int

    def __add__(self, other: Moved) -> Moved:
        return Moved(
            self.came_in + other.came_in, self.went_out + other.went_out, self.entries + other.entries
        )


def count_entry(session: Session, entry: LedgerEntry) -> None:
    """Count an entry that was just posted. The caller has locked its account."""
    row = {
        "account_id": entry.account_id,
        "block": entry.id // ENTRIES_IN_BLOCK,
        "came_in": max(entry.available, 0),
        "went_out": max(-entry.available, 0),
        "entries": 1,
    }
    add(session, LedgerBlock.__table__, ("account_id", "block"), SUMS, [row])


def count_all(session: Session, account_id: int) -> None:
    """Count all entries of an account that has no blocks yet."""
    block = LedgerEntry.id // ENTRIES_IN_BLOCK
    sums = select(LedgerEntry.account_id, block, _CAME_IN, _WENT_OUT, func.count())
    sums = sums.where(LedgerEntry.account_id == account_id).group_by(LedgerEntry.account_id, block)
    session.execute(insert(LedgerBlock).from_select(["account_id", "block", *SUMS], sums))


def moved_between(session: Session, account_id: int, first_id: int, last_id: int) -> Moved:
    """What the account's entries from the one id to the other, both included, came to."""
    first, last = first_id // ENTRIES_IN_BLOCK, last_id // ENTRIES_IN_BLOCK
    if last - first < 2:
        return _of_entries(session, account_id, first_id, last_id)
    whole = session.execute(
        select(*(func.coalesce(func.sum(getattr(LedgerBlock, name)), 0) for name in SUMS)).where(
            LedgerBlock.account_id == account_id, LedgerBlock.block > first, LedgerBlock.block < last
        )
    ).one()
    return (
        _of_entries(session, account_id, first_id, (first + 1) * ENTRIES_IN_BLOCK - 1)
        + Moved(*(int(number) for number in whole))
        + _of_entries(session, account_id, last * ENTRIES_IN_BLOCK, last_id)
    )


def block_differences(session: Session, account_id: int | None) -> Iterator[Difference]:
    """Every block is what its entries make it; one without any is at nought."""
    block = (LedgerEntry.id // ENTRIES_IN_BLOCK).label("block")
    nought = [literal(0).label(f"found_{name}") for name in SUMS]
    entries = (
        select(
            LedgerEntry.account_id,
            block,
            *(
                value.label(f"expected_{name}")
                for name, value in zip(SUMS, (_CAME_IN, _WENT_OUT, func.count()), strict=True)
            ),
            *nought,
        )
        .where(of_account(LedgerEntry.account_id, account_id))
        .group_by(LedgerEntry.account_id, block)
    )
    sides = union_all(entries, _kept(account_id)).subquery()
    pairs = [(func.sum(sides.c[f"expected_{name}"]), func.sum(sides.c[f"found_{name}"])) for name in SUMS]
    differs: list[ColumnElement[bool]] = [expected != found for expected, found in pairs]
    rows = session.execute(
        select(sides.c.account_id, sides.c.block, *(side for pair in pairs for side in pair))
        .group_by(sides.c.account_id, sides.c.block)
        .having(or_(*differs))
        .order_by(sides.c.account_id, sides.c.block)
    )
    for account, number, *sums in rows:
        for place, name in enumerate(SUMS):
            expected, found = int(sums[2 * place]), int(sums[2 * place + 1])
            if expected != found:
                yield Difference(account, None, f"{name} of entry block {number}", expected, found)


def _kept(account_id: int | None) -> Select[Any]:
    columns: list[Any] = [
        LedgerBlock.account_id,
        LedgerBlock.block,
        *(literal(0).label(f"expected_{name}") for name in SUMS),
        *(getattr(LedgerBlock, name).label(f"found_{name}") for name in SUMS),
    ]
    return select(*columns).where(of_account(LedgerBlock.account_id, account_id))


def _of_entries(session: Session, account_id: int, first_id: int, last_id: int) -> Moved:
    row = session.execute(
        select(_CAME_IN, _WENT_OUT, func.count(LedgerEntry.id)).where(
            LedgerEntry.account_id == account_id, LedgerEntry.id >= first_id, LedgerEntry.id <= last_id
        )
    ).one()
    return Moved(*(int(number) for number in row))
