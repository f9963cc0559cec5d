"""Top-ups: credit bought by bank transfer, against a receipt that staff look at."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.models.account import Account
from app.models.base import Base, BigKey, UtcDateTime, new_public_id
from app.models.user import User


class TopUpState(StrEnum):
    """`confirming` is approved once, by one member of staff, and waits for the second."""

    DRAFT = "draft"  # reference given, receipt not uploaded yet
    WAITING = "waiting"
    CONFIRMING = "confirming"
    APPROVED = "approved"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Plan(Base):
    """A price list that staff keep and accounts may be put on. Its tiers say what a credit costs by volume."""

    __tablename__ = "plan"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    description: Mapped[str] = mapped_column(String(500), default="")
    currency: Mapped[str] = mapped_column(String(3), default="AUD")
    is_default: Mapped[bool] = mapped_column(default=False)
    open: Mapped[bool] = mapped_column(default=True)

    tiers: Mapped[list[PlanTier]] = relationship(
        back_populates="plan", cascade="all, delete-orphan", order_by="PlanTier.from_credits"
    )


class PlanTier(Base):
    """From `from_credits` whole credits on, a credit costs `price` hundred-thousandths of the currency's unit."""

    __tablename__ = "plan_tier"
    __table_args__ = (
        UniqueConstraint("plan_id", "from_credits"),
        CheckConstraint("price > 0", name="price_positive"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"))
    from_credits: Mapped[int] = mapped_column(Integer)
    price: Mapped[int] = mapped_column(BigInteger)

    plan: Mapped[Plan] = relationship(back_populates="tiers")


class TopUp(Base):
    """`amount` is what the client claims to have bought, `approved_amount` what staff credited (millicredits).

    `paid` is in the currency's hundredths. `receipt_hash` is the SHA-256 of what the receipt shows: a picture's
    pixels, a PDF's bytes. `bank_reference` is the bank's own number of the transfer, as the client gave it.
    """

    __tablename__ = "top_up"
    __table_args__ = (
        Index("ix_top_up_account_id_id", "account_id", "id"),
        Index("ix_top_up_state_id", "state", "id"),
        Index("ix_top_up_decided_by_decided_at", "decided_by", "decided_at"),
        CheckConstraint("amount > 0", name="amount_positive"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id"))
    state: Mapped[str] = mapped_column(String(12), default=TopUpState.DRAFT)
    amount: Mapped[int] = mapped_column(BigInteger)
    paid: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    receipt_key: Mapped[str | None] = mapped_column(String(64))
    receipt_type: Mapped[str | None] = mapped_column(String(32))
    receipt_name: Mapped[str | None] = mapped_column(String(255))
    receipt_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    bank_reference: Mapped[str | None] = mapped_column(String(40), index=True)
    approved_amount: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(String(500))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    account: Mapped[Account] = relationship()
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    decider: Mapped[User | None] = relationship(foreign_keys=[decided_by])
    confirmer: Mapped[User | None] = relationship(foreign_keys=[confirmed_by])
    plan: Mapped[Plan | None] = relationship()


class Adjustment(Base):
    """A correction of a balance by staff. Above the limit it waits for a second member of staff."""

    __tablename__ = "adjustment"
    __table_args__ = (Index("ix_adjustment_state_id", "state", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    amount: Mapped[int] = mapped_column(BigInteger)  # millicredits, may be negative
    reason: Mapped[str] = mapped_column(String(500))
    request_key: Mapped[str] = mapped_column(
        String(64), unique=True
    )  # one filling of the form, one adjustment
    state: Mapped[str] = mapped_column(String(12))  # waiting, posted, refused
    requested_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    account: Mapped[Account] = relationship()
