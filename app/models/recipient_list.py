"""Saved recipient lists: named, each number once, ready to be sent to again."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column

from app.clock import now
from app.models.base import Base, BigKey, UtcDateTime, new_public_id


class ListState(StrEnum):
    """An uploaded list is read by a job; any other is ready from the start."""

    READING = "reading"
    READY = "ready"
    REFUSED = "refused"


class RecipientList(Base):
    """`field_names` are the merge fields of its entries; `notes` are sentences on how its file was read.

    `rejections` holds the rows of the file that were left out, as {row, written, reason, message}.
    """

    __tablename__ = "recipient_list"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    name: Mapped[str] = mapped_column(String(100))
    origin: Mapped[str] = mapped_column(String(300))  # where it came from, in words
    state: Mapped[str] = mapped_column(String(12), default=ListState.READY)
    state_reason: Mapped[str | None] = mapped_column(String(1000))
    upload_key: Mapped[str | None] = mapped_column(String(200))
    upload_name: Mapped[str | None] = mapped_column(String(255))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    size: Mapped[int] = mapped_column(Integer, default=0)
    rejected: Mapped[int] = mapped_column(Integer, default=0)
    field_names: Mapped[list[str]] = mapped_column(JSON, default=list)
    notes: Mapped[list[str]] = mapped_column(JSON, default=list)
    rejections: Mapped[list[dict[str, Any]]] = deferred(mapped_column(JSON, default=list))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)


class ListEntry(Base):
    """One number of a list, at its place in it (counted from 1), with its merge fields."""

    __tablename__ = "list_entry"
    __table_args__ = (UniqueConstraint("list_id", "position"), UniqueConstraint("list_id", "e164"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("recipient_list.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    e164: Mapped[str] = mapped_column(String(16))
    region: Mapped[str] = mapped_column(String(3))
    fields: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
