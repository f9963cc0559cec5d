"""People's names and addresses, and finding them."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import User

_JOINERS: Final = "\u200c\u200d"  # not seen themselves, but names in Persian and Hindi need them
_ADDRESS: Final = re.compile(r"://|www\.|@|[<>]", re.IGNORECASE)


def tidy_name(written: str | None) -> str:
    """A person's or company's name on one line, without what is not seen or turns the direction of text."""
    one_line = " ".join((written or "").split())
    plain = "".join(sign for sign in one_line if sign in _JOINERS or unicodedata.category(sign)[0] != "C")
    return plain.strip()


def holds_an_address(name: str) -> bool:
    """Whether a name carries a link: letters to people who know nothing of us tell it, so it would be sent for free."""
    return _ADDRESS.search(name) is not None


def tidy_email(written: str) -> str:
    """An address as it is stored and compared."""
    return written.strip().lower()


def person_of(session: Session, email: str) -> User | None:
    """Who signs in with this address, if anybody."""
    return session.scalar(select(User).where(User.email == tidy_email(email)))


def about(user: User) -> tuple[str | None, ...]:
    """What a person's password must not contain."""
    return (user.name, user.email, user.account.name if user.account else None)
