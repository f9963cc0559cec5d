"""The ledger: every movement of credit, in rows that are only ever added."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.models.base import Base, BigKey, UtcDateTime


class EntryKind(StrEnum):
    """What an entry does: top-up and adjustment change what there is; a hold is resolved by charge or release."""

    TOP_UP = "top_up"
    ADJUSTMENT = "adjustment"
    HOLD = "hold"
    CHARGE = "charge"
    RELEASE = "release"
    REFUND = "refund"


class LedgerEntry(Base):
    """`available` and `held` are what this entry added to each balance (integer millicredits, may be negative);
    `available_after` and `held_after` are the balances it left. `key` makes a repeated request a single entry.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        Index("ix_ledger_entry_account_id_id", "account_id", "id"),
        Index("ix_ledger_entry_account_id_created_at", "account_id", "created_at", "id"),
        Index("ix_ledger_entry_task_id", "task_id"),
        CheckConstraint("available_after >= 0 AND held_after >= 0", name="balances_not_negative"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))  # who did it, where a person did
    kind: Mapped[str] = mapped_column(String(12))
    available: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[int] = mapped_column(BigInteger)
    available_after: Mapped[int] = mapped_column(BigInteger)
    held_after: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    note: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


ENTRIES_IN_BLOCK: Final = 1_024  # of all accounts' entries, by their ids


class LedgerBlock(Base):
    """What an account's entries of one stretch of ids came to, moved by the transaction that posts an entry.

    `block` is an entry's id divided by ENTRIES_IN_BLOCK, whole. So a statement of years reads its sums from few rows.
    `came_in` and `went_out` are what entries added to and took from the available credit, each in positive
    millicredits.
    """

    __tablename__ = "ledger_block"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    block: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    came_in: Mapped[int] = mapped_column(BigInteger, default=0)
    went_out: Mapped[int] = mapped_column(BigInteger, default=0)
    entries: Mapped[int] = mapped_column(Integer, default=0)
