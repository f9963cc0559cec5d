"""Signed-in devices, and every try to sign in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.models.base import Base, BigKey, UtcDateTime


class SignInOutcome(StrEnum):
    """How a try to sign in ended. Only `signed_in` let anybody in."""

    SIGNED_IN = "signed_in"
    WRONG = "wrong"
    SECOND_FACTOR_WRONG = "second_factor_wrong"
    LIMITED = "limited"
    SUSPENDED = "suspended"
    UNCONFIRMED = "unconfirmed"
    # Right so far; the code or a new password was still to come.
    PASSWORD_ONLY = "password_only"  # noqa: S105


class DeviceSession(Base):
    """One signed-in browser. The cookie carries the token, the database only its SHA-256."""

    __tablename__ = "device_session"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    ip: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInAttempt(Base):
    """A try to sign in, successful or not. `user_id` is null where nobody has that address."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_user_id_id", "user_id", "id"),
        Index("ix_sign_in_attempt_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    email: Mapped[str] = mapped_column(String(254))
    ip: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(300))
    outcome: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class LimitHit(Base):
    """The database's own count of tries, for when Redis cannot count them. `window` is the window's start."""

    __tablename__ = "limit_hit"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    window: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
