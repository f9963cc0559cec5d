"""What the content rules know beyond the code: words that may not be sent, and who keeps trying them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.models.base import Base, BigKey, UtcDateTime


class BannedWordEntry(Base):
    """`severity` is one of `app.content.rules.Severity`: block, hold for review, or alert staff.

    `instead` is what the client is told to write. `changed_at` tells every process when its compiled list is old.
    """

    __tablename__ = "banned_word"
    __table_args__ = (Index("ix_banned_word_changed_at", "changed_at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    word: Mapped[str] = mapped_column(String(100), unique=True)
    category: Mapped[str] = mapped_column(String(32))
    severity: Mapped[str] = mapped_column(String(8), default="block")
    instead: Mapped[str] = mapped_column(String(100), default="")
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)


class RefusedContent(Base):
    """How often an account's texts were refused on one day (UTC) for what no slip of the pen writes."""

    __tablename__ = "refused_content"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
