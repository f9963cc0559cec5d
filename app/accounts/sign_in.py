"""Who somebody is, by e-mail and password."""

from __future__ import annotations

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.passwords import hash_password, verify_password
from app.errors import CarillonError
from app.models import User


class SignInRefused(CarillonError):
    """The e-mail and password do not belong together. It does not say which of the two is wrong."""


def authenticate(session: Session, email: str, password: str, hasher: PasswordHasher) -> User:
    """The user of this e-mail and password. Raises SignInRefused.

    An unknown address costs the same argon2 work as a wrong password, so that the time taken tells nobody
    which addresses have an account.
    """
    user = session.scalar(select(User).where(User.email == tidy_email(email)))
    if user is None:
        hash_password(password, hasher)
        raise _refusal()
    if not verify_password(user.password_hash, password, hasher):
        raise _refusal()
    return user


def tidy_email(written: str) -> str:
    """An address as it is stored and compared."""
    return written.strip().lower()


def _refusal() -> SignInRefused:
    return SignInRefused("This e-mail and password do not belong together. Check both, and try again.")
