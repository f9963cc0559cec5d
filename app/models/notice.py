"""What the panel tells a person, on its pages and by e-mail, and which of it they want."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.models.base import Base, BigKey, UtcDateTime


class NoticeKind(StrEnum):
    """What a notice is about; people switch each kind by itself."""

    TASK_FINISHED = "task_finished"
    TASK_PAUSED = "task_paused"
    TASK_REVIEW = "task_review"
    TOP_UP = "top_up"
    LOW_BALANCE = "low_balance"
    SENDER_ID = "sender_id"
    TEMPLATE = "template"
    TICKET = "ticket"
    TERMS = "terms"
    SIGN_IN = "sign_in"
    SECURITY = "security"
    ACCOUNT = "account"


class Notice(Base):
    """Told to one person, in the transaction of what it tells of, in the language that they read then.

    `key` names the act, so that nobody is told of it twice. `path` is the page that it leads to. One that its reader
    has switched off is kept for that, with `on_page` false.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("ix_notice_user_id_id", "user_id", "id"),
        Index("ix_notice_created_at", "created_at"),
        Index("ix_notice_user_id_read_at", "user_id", "read_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(String(600))
    path: Mapped[str] = mapped_column(String(200))
    on_page: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NoticeChoice(Base):
    """What a person wants of one kind; without a row, all of it."""

    __tablename__ = "notice_choice"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    on_page: Mapped[bool] = mapped_column(default=True)
    by_email: Mapped[bool] = mapped_column(default=True)
