"""Words that may not be sent, kept by staff."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigKey


class BannedWordEntry(Base):
    """`severity` is one of `app.content.rules.Severity`: block, hold for review, or alert staff."""

    __tablename__ = "banned_word"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    word: Mapped[str] = mapped_column(String(100), unique=True)
    category: Mapped[str] = mapped_column(String(32))
    severity: Mapped[str] = mapped_column(String(8), default="block")
