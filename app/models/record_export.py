"""A file made of records: a filtered list as csv or xlsx, or a task's evidence pack."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.models.account import Account
from app.models.base import Base, BigKey, UtcDateTime, new_public_id
from app.models.user import User


class ExportKind(StrEnum):
    """What is in the file: the list of that page, or everything about one task. Those of the desk are for staff."""

    MESSAGES = "messages"
    TASKS = "tasks"
    SENDING = "sending"
    STATEMENT = "statement"
    TOP_UPS = "top_ups"
    EVIDENCE = "evidence"
    DESK_CLIENTS = "desk_clients"
    DESK_TOP_UPS = "desk_top_ups"
    DESK_AUDIT = "desk_audit"
    DESK_LEDGER = "desk_ledger"
    DESK_TASKS = "desk_tasks"
    DESK_MESSAGES = "desk_messages"
    DESK_SUPPRESSION = "desk_suppression"


class ExportState(StrEnum):
    """Waiting for a job, being made, and how it ended. One whose file has expired stays `ready` without `file_key`."""

    WAITING = "waiting"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RecordExport(Base):
    """`account_id` is the client's who asked; None for what one of our staff asked for, which is theirs alone.

    `asked` is what the list was asked for, in the words of its address; days in `time_zone`.

    Only rows from before `asked_at` are in the file. `request_hash` tells the same wish of the same person. `run`
    grows with each job that takes it on: only the newest may write. `touched_at` tells a lost job from a working one.
    `file_key` names the file among the uploads; `size` is in bytes.
    """

    __tablename__ = "record_export"
    __table_args__ = (
        Index("ix_record_export_account_id_id", "account_id", "id"),
        Index("ix_record_export_state_touched_at", "state", "touched_at"),
        Index("ix_record_export_expires_at", "expires_at"),
        Index("ix_record_export_user_id_id", "user_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    kind: Mapped[str] = mapped_column(String(16))
    file_type: Mapped[str] = mapped_column(String(4))  # csv, xlsx, zip
    asked: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    request_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12), default=ExportState.WAITING)
    state_reason: Mapped[str | None] = mapped_column(String(500))
    rows_done: Mapped[int] = mapped_column(Integer, default=0)
    rows_found: Mapped[int | None] = mapped_column(Integer)
    run: Mapped[int] = mapped_column(Integer, default=0)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    touched_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    file_key: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None] = mapped_column(BigInteger)

    account: Mapped[Account | None] = relationship()
    user: Mapped[User] = relationship()
