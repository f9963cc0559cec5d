"""WhatsApp message templates: the only texts that a business may begin a conversation with."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.models.account import Account
from app.models.base import Base, BigKey, UtcDateTime, new_public_id


class TemplateState(StrEnum):
    """Where a template stands with WhatsApp, as staff have marked it."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    PAUSED = "paused"


class WhatsAppTemplate(Base):
    """`body` has numbered variables, `{{1}}` and on. `header_kind` is "", "image" or "document".

    The header's file lies in the uploads under `header_key`; `header_type` is its media type as its content says.
    """

    __tablename__ = "whatsapp_template"
    __table_args__ = (
        UniqueConstraint("account_id", "name", "language"),
        Index("ix_whatsapp_template_state_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    name: Mapped[str] = mapped_column(String(100))
    language: Mapped[str] = mapped_column(String(10))
    category: Mapped[str] = mapped_column(String(16), default="marketing")
    body: Mapped[str] = mapped_column(Text)
    variables: Mapped[int] = mapped_column(Integer, default=0)
    header_kind: Mapped[str] = mapped_column(String(10), default="")
    header_key: Mapped[str | None] = mapped_column(String(200))
    header_name: Mapped[str | None] = mapped_column(String(255))
    header_type: Mapped[str | None] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(12), default=TemplateState.DRAFT)
    state_reason: Mapped[str | None] = mapped_column(String(500))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)

    account: Mapped[Account] = relationship()
