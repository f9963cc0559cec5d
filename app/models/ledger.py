"""The ledger: every movement of credit, in rows that are only ever added."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
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
