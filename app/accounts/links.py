"""Signed links that letters carry: what they prove, how long, and where they lead.

A token names a person and what it was made for, signed with the secret key. It also carries a fingerprint of what it
changes (an address, a password), so that it is worth nothing once that has changed: a link works once.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from app.errors import CarillonError
from app.language import gettext
from app.models import User
from config import Settings


class Purpose(StrEnum):
    """What a link is for. A link for one purpose is worth nothing for another."""

    CONFIRM_EMAIL = "confirm-email"
    CHANGE_EMAIL = "change-email"
    RESET = "reset"


LIVES: Final = {
    Purpose.CONFIRM_EMAIL: timedelta(days=2),
    Purpose.CHANGE_EMAIL: timedelta(hours=2),
    Purpose.RESET: timedelta(hours=1),
}
PATHS: Final = {
    Purpose.CONFIRM_EMAIL: "/register/confirm/",
    Purpose.CHANGE_EMAIL: "/account/email/confirm/",
    Purpose.RESET: "/reset/",
}


class LinkDead(CarillonError):
    """The link is too old, was used, or was never ours."""

    def __init__(self) -> None:
        super().__init__(gettext("This link has been used, or is too old. Ask for a new one."))


@dataclass(frozen=True, slots=True)
class Links:
    """Makes links and reads them. `address` is where the panel is reached, without a slash at its end."""

    address: str
    secret_key: str

    @classmethod
    def of(cls, settings: Settings) -> Links:
        return cls(settings.public_url, settings.secret_key)

    def link(self, purpose: Purpose, user: User) -> str:
        """The whole address to put into a letter."""
        token = self._signer(purpose).dumps([user.id, self._fingerprint(purpose, user)])
        return f"{self.address}{PATHS[purpose]}{token}"

    def page(self, path: str) -> str:
        """A plain address of the panel."""
        return f"{self.address}{path}"

    def holder(self, session: Session, purpose: Purpose, token: str) -> User:
        """Whom a token is for, while what it was made for still stands. Raises LinkDead."""
        try:
            user_id, fingerprint = self._signer(purpose).loads(
                token, max_age=int(LIVES[purpose].total_seconds())
            )
        except (BadSignature, ValueError, TypeError):
            raise LinkDead from None
        if not isinstance(user_id, int):
            raise LinkDead
        # Locked, so that of two who open one link at the same moment the second finds it used.
        user = session.get(User, user_id, populate_existing=True, with_for_update={"of": User})
        if user is None or user.disabled_at is not None or not isinstance(fingerprint, str):
            raise LinkDead
        if not hmac.compare_digest(fingerprint, self._fingerprint(purpose, user)):
            raise LinkDead
        return user

    def _signer(self, purpose: Purpose) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self.secret_key, salt=f"carillon:{purpose}", signer_kwargs={"digest_method": hashlib.sha256}
        )

    def _fingerprint(self, purpose: Purpose, user: User) -> str:
        """Keyed, so that the link gives nothing away of the password's hash."""
        parts = {
            Purpose.CONFIRM_EMAIL: (user.email, str(user.email_confirmed_at)),
            Purpose.CHANGE_EMAIL: (user.email, user.pending_email or "", user.password_hash),
            Purpose.RESET: (user.email, user.password_hash, str(user.session_version)),
        }[purpose]
        text = "\0".join((purpose, str(user.id), *parts))
        return hmac.new(self.secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]
