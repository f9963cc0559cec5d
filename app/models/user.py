"""A person who signs in: a member of one account, or staff."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.models.account import Account
from app.models.base import Base, BigKey, UtcDateTime


class Role(StrEnum):
    """What a person may do. The first four belong to clients, the last four to staff."""

    OWNER = "owner"
    SENDER = "sender"
    VIEWER = "viewer"
    BILLING = "billing"
    SUPPORT = "support"
    FINANCE = "finance"
    OPERATOR = "operator"
    ADMIN = "admin"


CLIENT_ROLES = frozenset({Role.OWNER, Role.SENDER, Role.VIEWER, Role.BILLING})
STAFF_ROLES = frozenset({Role.SUPPORT, Role.FINANCE, Role.OPERATOR, Role.ADMIN})


class User(Base):
    """`session_version` is part of every session: raising it ends them all at once."""

    __tablename__ = "user"
    __table_args__ = (
        CheckConstraint(
            "(account_id IS NULL) = (role IN ('support', 'finance', 'operator', 'admin'))",
            name="staff_have_no_account",
        ),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # kept in lower case
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(String(200))
    session_version: Mapped[int] = mapped_column(Integer, default=1)
    phone: Mapped[str | None] = mapped_column(String(16))  # E.164
    pending_email: Mapped[str | None] = mapped_column(String(254))  # asked for, not confirmed yet
    pending_phone: Mapped[str | None] = mapped_column(String(16))
    email_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    phone_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    password_changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    language: Mapped[str | None] = mapped_column(
        String(8)
    )  # a key of app.language.LANGUAGES; none: the browser says
    toured_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the first steps are done with
    must_change_password: Mapped[bool] = mapped_column(default=False)
    totp_secret: Mapped[str | None] = mapped_column(String(300))  # encrypted
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_last_step: Mapped[int] = mapped_column(Integer, default=0)  # a code is good once
    disabled_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime
    )  # removed from the account, or staff who left
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    account: Mapped[Account | None] = relationship(lazy="joined")

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF_ROLES

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def is_active(self) -> bool:
        return True

    @property
    def is_anonymous(self) -> bool:
        return False

    def get_id(self) -> str:
        """The session's claim on this user, for Flask-Login."""
        return f"{self.id}.{self.session_version}"
