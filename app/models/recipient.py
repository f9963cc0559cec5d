"""The rows of a draft: who would be written to, and who would not and why.

They live as long as the task is a draft. At submission the valid ones become messages.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigKey


class Recipient(Base):
    """One valid row. `text` is the merged text where it differs from the task's content; price in millicredits."""

    __tablename__ = "recipient"
    __table_args__ = (UniqueConstraint("task_id", "row"), UniqueConstraint("task_id", "e164"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"))
    row: Mapped[int] = mapped_column(Integer)
    e164: Mapped[str] = mapped_column(String(16))
    region: Mapped[str] = mapped_column(String(3))
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    text: Mapped[str | None] = mapped_column(Text)
    parameters: Mapped[list[str] | None] = mapped_column(JSON)  # of a WhatsApp template; null for SMS
    segments: Mapped[int] = mapped_column(Integer)
    price: Mapped[int] = mapped_column(BigInteger)


class Rejection(Base):
    """One row that will not be sent to: where it stands, what it said, and the reason in words."""

    __tablename__ = "rejection"
    __table_args__ = (UniqueConstraint("task_id", "row"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id", ondelete="CASCADE"))
    row: Mapped[int] = mapped_column(Integer)
    written: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(32))
    message: Mapped[str] = mapped_column(String(500))
