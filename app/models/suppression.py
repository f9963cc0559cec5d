"""Numbers that are never sent to: by one account, or by anybody."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.models.base import Base, BigKey, UtcDateTime, new_public_id


class SuppressionSource(StrEnum):
    """Who asked: the client in the panel, a file, the number's owner, or staff."""

    TYPED = "typed"
    FILE = "file"
    OPT_OUT = "opt_out"
    STAFF = "staff"


class UploadState(StrEnum):
    """How far a job is with an uploaded file of numbers."""

    READING = "reading"
    DONE = "done"
    REFUSED = "refused"


class Suppression(Base):
    """A number in E.164. Without an account it holds for all of them: the list that staff keep."""

    __tablename__ = "suppression"
    __table_args__ = (
        UniqueConstraint("account_id", "e164"),
        # Two nulls are never equal to a database, so the global list needs a rule of its own.
        Index(
            "uq_suppression_global",
            "e164",
            unique=True,
            sqlite_where=text("account_id IS NULL"),
            postgresql_where=text("account_id IS NULL"),
        ),
        Index("ix_suppression_account_id_id", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    e164: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class SuppressionUpload(Base):
    """A file of numbers to be suppressed, and what became of it."""

    __tablename__ = "suppression_upload"
    __table_args__ = (Index("ix_suppression_upload_account_id_id", "account_id", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    upload_key: Mapped[str] = mapped_column(String(200))
    upload_name: Mapped[str] = mapped_column(String(255))
    note: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(12), default=UploadState.READING, index=True)
    state_reason: Mapped[str | None] = mapped_column(String(1000))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    added: Mapped[int] = mapped_column(Integer, default=0)
    known: Mapped[int] = mapped_column(Integer, default=0)
    rejected: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)


class OptOutPage(Base):
    """An account's public page where people stop its messages, under a name that tells nothing of the account."""

    __tablename__ = "opt_out_page"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
