"""A task: one submission of one text to many recipients, from draft to the last outcome."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.models.account import Account
from app.models.base import Base, BigKey, UtcDateTime, new_public_id
from app.models.route import ChargeWhen, Route
from app.models.user import User


class TaskKind(StrEnum):
    QUICK = "quick"
    BULK = "bulk"


class TaskState(StrEnum):
    """The states of a task; `app.sending.states` has the allowed moves."""

    DRAFT = "draft"
    CHECKING = "checking"
    READY = "ready"
    HELD = "held"  # submitted, and kept for staff to review its content
    REJECTED = "rejected"
    DISCARDED = "discarded"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


_WAITING: Final = "total - (accepted + delivered + failed + in_doubt + cancelled)"


def _having(name: str, counter: str | None = None) -> Index:
    """The account's tasks that have any message in this status, for lists that ask for such messages.

    What the index says is what the list asks: `STATUS_COUNTERS` of `app.records.history`, above a written 0.
    """
    some = text(f"{counter or name} > 0")
    return Index(
        f"ix_task_{name}", "account_id", "submitted_at", "id", sqlite_where=some, postgresql_where=some
    )


# What the erasing looks for, in the words that both the indexes and `app.retention` use.
_UNERASED: Final = text("erased_at IS NULL AND finished_at IS NOT NULL")
_DRAFT: Final = text("erased_at IS NULL AND submitted_at IS NULL")


class Task(Base):
    """Money is integer millicredits; counters are numbers of messages, kept by the transaction that moves them.

    Draft side: `upload_key` names the stored file, `list_id` the saved list, `typed_recipients` what was typed
    instead, `again_of_id` the task whose failed messages are sent again; `corrections` replace what a row says, by
    its number as text; `report` holds the intake's counts, `findings` the content check's, `quote` the price by
    country. Sending side: `total` messages were submitted at
    `price` and each is, at any time, in exactly one of waiting (derived), `accepted`, `delivered`, `failed`,
    `in_doubt` and `cancelled`.
    """

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("account_id", "submission_key"),
        Index("ix_task_account_id_id", "account_id", "id"),
        Index("ix_task_state_route_id", "state", "route_id"),
        Index("ix_task_submitted_at", "submitted_at"),
        Index("ix_task_account_id_submitted_at", "account_id", "submitted_at", "id"),
        Index("ix_task_account_id_route_id", "account_id", "route_id", "submitted_at", "id"),
        Index("ix_task_account_id_sender_id", "account_id", "sender_id", "submitted_at", "id"),
        _having("accepted"),
        _having("delivered"),
        _having("failed"),
        _having("in_doubt"),
        _having("cancelled"),
        _having("waiting", _WAITING),
        Index("ix_task_account_id_created_at", "account_id", "created_at", "id"),
        Index("ix_task_account_id_state", "account_id", "state", "created_at", "id"),
        Index(
            "ix_task_again_of_id",
            "again_of_id",
            sqlite_where=text("again_of_id IS NOT NULL"),
            postgresql_where=text("again_of_id IS NOT NULL"),
        ),
        Index("ix_task_to_erase", "finished_at", sqlite_where=_UNERASED, postgresql_where=_UNERASED),
        Index("ix_task_drafts_to_erase", "changed_at", sqlite_where=_DRAFT, postgresql_where=_DRAFT),
        Index("ix_task_account_id_fingerprint", "account_id", "fingerprint"),
        Index(
            "ix_task_account_id_scheduled_at",
            "account_id",
            "scheduled_at",
            "id",
            sqlite_where=text("scheduled_at IS NOT NULL"),
            postgresql_where=text("scheduled_at IS NOT NULL"),
        ),
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint(
            "accepted >= 0 AND delivered >= 0 AND failed >= 0 AND in_doubt >= 0 AND cancelled >= 0"
            " AND accepted + delivered + failed + in_doubt + cancelled <= total",
            name="counters_within_total",
        ),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    route_id: Mapped[int] = mapped_column(ForeignKey("route.id"))
    kind: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(16), default=TaskState.DRAFT)
    state_reason: Mapped[str | None] = mapped_column(String(1000))
    name: Mapped[str] = mapped_column(String(100))
    sender_id: Mapped[str | None] = mapped_column(String(16))
    content: Mapped[str] = mapped_column(Text)
    scheduled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    typed_recipients: Mapped[str | None] = mapped_column(Text)
    upload_key: Mapped[str | None] = mapped_column(String(200))
    upload_name: Mapped[str | None] = mapped_column(String(255))
    list_id: Mapped[int | None] = mapped_column(ForeignKey("recipient_list.id", ondelete="SET NULL"))
    again_of_id: Mapped[int | None] = mapped_column(
        BigInteger
    )  # a task: those that failed there are written to
    include_heading: Mapped[bool] = mapped_column(default=False)
    corrections: Mapped[dict[str, str] | None] = mapped_column(JSON)  # what is written in a row, instead
    template_id: Mapped[int | None] = mapped_column(ForeignKey("whatsapp_template.id"))
    template_values: Mapped[list[str] | None] = mapped_column(
        JSON
    )  # one for each variable, merge fields and all
    fingerprint: Mapped[str | None] = mapped_column(String(64))  # of who is written to and what
    rows_done: Mapped[int] = mapped_column(Integer, default=0)
    rows_found: Mapped[int | None] = mapped_column(Integer)
    check_run: Mapped[int] = mapped_column(Integer, default=0)  # only the newest check may write
    check_attempts: Mapped[int] = mapped_column(Integer, default=0)
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    findings: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    quote: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    submission_key: Mapped[str | None] = mapped_column(String(64))
    request_hash: Mapped[str | None] = mapped_column(String(64))
    terms_version: Mapped[str | None] = mapped_column(String(32))
    terms_ip: Mapped[str | None] = mapped_column(String(45))
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    day: Mapped[date | None] = mapped_column(Date)  # the day it counts on in the rollups
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # its texts and numbers: `app.retention`
    pump_turn: Mapped[int] = mapped_column(BigInteger, default=0)  # the lowest goes next: tasks take turns
    paused_by_staff: Mapped[bool] = mapped_column(default=False)  # then only staff may resume it
    send_before: Mapped[datetime | None] = mapped_column(UtcDateTime)  # what has not left by then is released
    test_of: Mapped[str | None] = mapped_column(String(16))  # the public id of the draft that this tries out
    wants_canary: Mapped[bool] = mapped_column(default=False)
    canary_last_id: Mapped[int | None] = mapped_column(
        BigInteger
    )  # until judged, no message beyond it leaves

    charge_when: Mapped[str] = mapped_column(
        String(16), default=ChargeWhen.ACCEPTED
    )  # the route's, as submitted
    refund_failed_receipt: Mapped[bool] = mapped_column(default=True)
    total: Mapped[int] = mapped_column(Integer, default=0)
    price: Mapped[int] = mapped_column(BigInteger, default=0)
    accepted: Mapped[int] = mapped_column(Integer, default=0)
    delivered: Mapped[int] = mapped_column(Integer, default=0)
    failed: Mapped[int] = mapped_column(Integer, default=0)
    in_doubt: Mapped[int] = mapped_column(Integer, default=0)
    cancelled: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)

    account: Mapped[Account] = relationship()
    user: Mapped[User] = relationship()
    route: Mapped[Route] = relationship(lazy="joined")

    @property
    def waiting(self) -> int:
        """Messages that have not left yet, or are on the wire."""
        return self.total - self.accepted - self.delivered - self.failed - self.in_doubt - self.cancelled
