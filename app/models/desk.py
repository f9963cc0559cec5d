"""The staff desk's own records: settings, notes, the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.models.base import Base, BigKey, UtcDateTime
from app.models.user import User


class DeskSetting(Base):
    """What staff set in the panel: bank details, the limits above which a second person confirms."""

    __tablename__ = "desk_setting"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class AccountNote(Base):
    """What staff want each other to know of an account. Clients never see it."""

    __tablename__ = "account_note"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    user: Mapped[User] = relationship()


class AuditEvent(Base):
    """Who did what to whom, when, from where. Rows are only ever added."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_account_id_id", "account_id", "id"),
        Index("ix_audit_event_actor_id_id", "actor_id", "id"),
        Index("ix_audit_event_action_id", "action", "id"),
        Index("ix_audit_event_subject", "subject", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))  # null: the machine itself
    actor: Mapped[str] = mapped_column(String(254))  # the e-mail address at that time
    action: Mapped[str] = mapped_column(String(60))  # such as "top_up.approve"
    subject: Mapped[str] = mapped_column(String(100))  # such as "top_up:17"
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ip: Mapped[str | None] = mapped_column(String(45))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
