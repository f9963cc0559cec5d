"""A message: one text to one recipient, from the queue to its last outcome."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, BigKey, UtcDateTime
from app.models.task import Task


class MessageStatus(StrEnum):
    """The statuses of a message; `app.sending.states` has the allowed moves."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    CANCELLED = "cancelled"


class Money(StrEnum):
    """Where a message's price stands: held with the task, or resolved, once."""

    HELD = "held"
    CHARGED = "charged"
    RELEASED = "released"
    REFUNDED = "refunded"


# Messages that left and are still to be paid or given back, in the words that both the index and its reader must use:
# SQLite takes a partial index only for a query that repeats its condition.
HELD_OUT: Final = text("message.money = 'held' AND message.status IN ('accepted', 'in_doubt')")
_HELD_OUT_INDEX: Final = text("money = 'held' AND status IN ('accepted', 'in_doubt')")

# Messages that are being sent, or may have been: few at any time. The index knows no others, lest a planner whose
# figures are from a quiet hour looks in it for what is queued, and finds the queues of all tasks.
UNANSWERED: Final = text("message.status IN ('sending', 'in_doubt')")
_UNANSWERED_INDEX: Final = text("status IN ('sending', 'in_doubt')")


_NAMED_INDEX: Final = text("gateway_id IS NOT NULL")  # which follows from a query for certain names


# What an erased number begins with: no number does. Its row follows, so that each stays one of its task.
ERASED: Final = "~"


class Message(Base):
    """`reference` is our name for the message towards the gateway, `gateway_id` the gateway's towards us.

    `claim` is the token of the pump that took it, good until `claim_expires_at`; `attempt` grows with each fence;
    `not_before` holds a deferred one back. `text` is null where it equals the task's content.

    `may_have_left`: it waits, or is sent, again after a try that may have brought it to the carrier. `own_failures` are
    tries that ended by our doing: a worker died, or it was fenced and never left.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("task_id", "row"),
        UniqueConstraint("task_id", "e164"),
        UniqueConstraint("reference"),
        Index("ix_message_task_id_status_id", "task_id", "status", "id"),
        Index(
            "ix_message_route_id_gateway_id",
            "route_id",
            "gateway_id",
            sqlite_where=_NAMED_INDEX,
            postgresql_where=_NAMED_INDEX,
        ),
        Index("ix_message_account_id_id", "account_id", "id"),
        Index("ix_message_account_id_e164", "account_id", "e164", "id"),
        Index(
            "ix_message_unanswered",
            "status",
            "claim_expires_at",
            sqlite_where=_UNANSWERED_INDEX,
            postgresql_where=_UNANSWERED_INDEX,
        ),
        Index(
            "ix_message_held_out",
            "status",
            "sent_at",
            sqlite_where=_HELD_OUT_INDEX,
            postgresql_where=_HELD_OUT_INDEX,
        ),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    route_id: Mapped[int] = mapped_column(ForeignKey("route.id"))
    row: Mapped[int] = mapped_column(Integer)
    e164: Mapped[str] = mapped_column(String(16))
    region: Mapped[str] = mapped_column(String(3))
    text: Mapped[str | None] = mapped_column(Text)
    parameters: Mapped[list[str] | None] = mapped_column(JSON)  # of a WhatsApp template; null for SMS
    segments: Mapped[int] = mapped_column(Integer)
    price: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(12), default=MessageStatus.QUEUED)
    money: Mapped[str] = mapped_column(String(12), default=Money.HELD)
    reference: Mapped[str] = mapped_column(String(40))
    claim: Mapped[str | None] = mapped_column(String(40))
    claim_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    may_have_left: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    own_failures: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    gateway_id: Mapped[str | None] = mapped_column(String(100))
    error_code: Mapped[str | None] = mapped_column(String(64))
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    final_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    task: Mapped[Task] = relationship()

    @property
    def is_erased(self) -> bool:
        """Whether its number and text are gone, as those of its task: `app.retention`."""
        return self.e164.startswith(ERASED)
