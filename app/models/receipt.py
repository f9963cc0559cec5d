"""Delivery receipts as the gateways sent them, each stored once and applied once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.models.base import Base, BigKey, UtcDateTime


class Receipt(Base):
    """`status` is delivered, failed or buffered; `outcome` says what applying it did (null: not applied yet).

    One that comes before its submission's answer waits: it is looked at again at `retry_at`.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("route_id", "gateway_id", "status"),
        Index(
            "ix_receipt_unapplied",
            "route_id",
            "retry_at",
            sqlite_where=text("outcome IS NULL"),
            postgresql_where=text("outcome IS NULL"),
        ),
        Index("ix_receipt_message_id", "message_id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    route_id: Mapped[int] = mapped_column(ForeignKey("route.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    gateway_id: Mapped[str] = mapped_column(String(100))
    reference: Mapped[str | None] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(12))
    error_code: Mapped[str | None] = mapped_column(String(64))
    outcome: Mapped[str | None] = mapped_column(String(20))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    retry_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
