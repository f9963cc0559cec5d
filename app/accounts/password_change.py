"""Choosing a new password: by its owner, at a first sign-in, or by the link of a letter."""

from __future__ import annotations

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from app.accounts import notices
from app.accounts.links import Links, Purpose
from app.accounts.passwords import hash_password, verify_password
from app.accounts.people import about, person_of, tidy_email
from app.accounts.sessions import end_others
from app.accounts.strength import WeakPassword, require_strong
from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.language import gettext
from app.models import User


def ask_for_reset(session: Session, links: Links, email: str, ip: str) -> None:
    """Write to the address: a link to choose a new password, or that it has no sign-in. One letter either way."""
    user = person_of(session, email)
    if user is None or user.disabled_at is not None:
        notices.nobody_to_reset(session, links, tidy_email(email))
        return
    notices.reset_link(session, links, user)
    audit_log.record(
        session, Actor(None, user.email, ip), "user.ask_reset", f"user:{user.id}", account_id=user.account_id
    )


def reset(session: Session, links: Links, token: str, password_hash: str, ip: str) -> User:
    """Set the password of the link's holder, whose address the link has also proved. Raises LinkDead.

    Every session ends, and so does a change of address or phone that somebody may have begun before.
    """
    user = links.holder(session, Purpose.RESET, token)
    user.email_confirmed_at = user.email_confirmed_at or now()
    user.pending_email = user.pending_phone = None
    _set(session, Actor.of(user, ip), user, password_hash, "user.reset_password", keep=None)
    return user


def change(session: Session, actor: Actor, user: User, password_hash: str, keep: str | None) -> None:
    """Set a person's new password, as they wish; every session ends but the one of the token `keep`.

    The session that is kept must be signed in anew, since the version of all has changed.
    """
    _set(session, actor, user, password_hash, "user.change_password", keep)


def new_hash(user: User, password: str, hasher: PasswordHasher) -> str:
    """The new password's hash, if it may be used. Raises WeakPassword. Takes a while: hold no lock meanwhile."""
    require_strong(password, about(user))
    if verify_password(user.password_hash, password, hasher):
        raise WeakPassword(gettext("This is your present password. Choose another."))
    return hash_password(password, hasher)


def _set(
    session: Session, actor: Actor, user: User, password_hash: str, action: str, keep: str | None
) -> None:
    user.password_hash = password_hash
    user.password_changed_at = now()
    user.must_change_password = False
    user.session_version += 1
    end_others(session, user, keep)
    notices.password_changed(session, user)
    audit_log.record(session, actor, action, f"user:{user.id}", account_id=user.account_id)
    session.flush()
