"""Finding people by their address."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import User


def tidy_email(written: str) -> str:
    """An address as it is stored and compared."""
    return written.strip().lower()


def person_of(session: Session, email: str) -> User | None:
    """Who signs in with this address, if anybody."""
    return session.scalar(select(User).where(User.email == tidy_email(email)))


def about(user: User) -> tuple[str | None, ...]:
    """What a person's password must not contain."""
    return (user.name, user.email, user.account.name if user.account else None)
