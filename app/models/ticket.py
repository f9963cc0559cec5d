"""Support tickets."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.models.account import Account
from app.models.base import Base, BigKey, UtcDateTime, new_public_id
from app.models.message import Message
from app.models.task import Task
from app.models.user import User


class Ticket(Base):
    """State: open (staff owe an answer by `due_at`), answered, closed."""

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ix_ticket_account_id_id", "account_id", "id"),
        Index("ix_ticket_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    subject: Mapped[str] = mapped_column(String(150))
    state: Mapped[str] = mapped_column(String(12), default="open")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)

    account: Mapped[Account] = relationship()
    user: Mapped[User] = relationship()
    task: Mapped[Task | None] = relationship()


class TicketPost(Base):
    """One text of a ticket, the client's or staff's."""

    __tablename__ = "ticket_post"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    user: Mapped[User] = relationship()


class TicketMessage(Base):
    """A sample number of the ticket: one of the account's own messages."""

    __tablename__ = "ticket_message"
    __table_args__ = (UniqueConstraint("ticket_id", "message_id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))

    message: Mapped[Message] = relationship()
