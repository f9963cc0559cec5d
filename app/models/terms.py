"""Terms and conditions, in versions, and who accepted which."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.models.base import Base, BigKey, UtcDateTime


class TermsVersion(Base):
    """A text that is never changed once published; the newest published one is in force."""

    __tablename__ = "terms_version"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    version: Mapped[str] = mapped_column(String(32), unique=True)
    text: Mapped[str] = mapped_column(Text)  # headings begin with "## ", paragraphs are parted by blank lines
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


class TermsAcceptance(Base):
    """One person's acceptance of one version, with the time and the IP address. `occasion`: sign-in, submission."""

    __tablename__ = "terms_acceptance"
    __table_args__ = (Index("ix_terms_acceptance_user_id_id", "user_id", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    version: Mapped[str] = mapped_column(String(32))
    occasion: Mapped[str] = mapped_column(String(16))
    ip: Mapped[str] = mapped_column(String(45))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
