"""What the panel itself writes to people: e-mails, and one-time codes by SMS."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.models.base import Base, BigKey, UtcDateTime


class LetterChannel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class Letter(Base):
    """Written with the change that it tells of, in one transaction; sent by a job, again until it is taken.

    `body` is erased once sent in production, where it may hold links that open an account.
    """

    __tablename__ = "letter"
    __table_args__ = (
        Index(
            "ix_letter_due",
            "next_try_at",
            sqlite_where=text("sent_at IS NULL AND given_up_at IS NULL"),
            postgresql_where=text("sent_at IS NULL AND given_up_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    channel: Mapped[str] = mapped_column(String(8), default=LetterChannel.EMAIL)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    recipient: Mapped[str] = mapped_column(String(254))
    stops: Mapped[str | None] = mapped_column(String(16))  # the NoticeKind that its reader may switch off
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    given_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(String(300))
