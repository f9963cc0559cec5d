"""An account: the agency that prepays. Its two balances are caches of the ledger."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.models.base import Base, BigKey, UtcDateTime


class AccountState(StrEnum):
    """Suspended accounts may come back; closed ones do not."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Account(Base):
    """`available` and `held` are integer millicredits, moved only by `app.ledger.transfers`.

    `stopped_reason` is set by the ledger audit when the books differ: nothing new goes out until it is cleared.
    """

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("available >= 0", name="available_not_negative"),
        CheckConstraint("held >= 0", name="held_not_negative"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    available: Mapped[int] = mapped_column(BigInteger, default=0)
    held: Mapped[int] = mapped_column(BigInteger, default=0)
    state: Mapped[str] = mapped_column(String(12), default=AccountState.ACTIVE)
    state_reason: Mapped[str | None] = mapped_column(String(500))  # told to its people at sign-in
    deactivation_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id"))
    low_balance: Mapped[int | None] = mapped_column(BigInteger)  # warn below this many millicredits
    low_balance_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    daily_cap: Mapped[int | None] = mapped_column(Integer)  # messages a day, by the account's own clocks
    daily_used: Mapped[int] = mapped_column(Integer, default=0, server_default="0")  # of the day that ends…
    daily_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # …then; see app.sending.dispatch.caps
    stopped_reason: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
