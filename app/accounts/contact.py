"""Changing a sign-in's e-mail address and phone. The new one is proved before it counts; the old one hears of it."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import notices
from app.accounts.links import LinkDead, Links, Purpose
from app.accounts.people import person_of, tidy_email
from app.accounts.verification import send_code, spend_code
from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import NotAllowed
from app.language import gettext
from app.models import User


def ask_for_email(session: Session, actor: Actor, links: Links, user: User, email: str) -> None:
    """Begin a change of address. Says nothing about who has the new one already: its owner is told instead."""
    email = tidy_email(email)
    _record(session, actor, user, "user.ask_email_change", {"email": user.email}, {"email": email})
    holder = person_of(session, email)
    if holder is not None:
        notices.address_in_use(session, holder)
        return
    user.pending_email = email
    session.flush()
    notices.email_change_asked(session, links, user, email)


def confirm_email(session: Session, actor: Actor, links: Links, user: User, token: str) -> None:
    """Use the new address from now on. Only the person who asked can: the link alone is not enough.

    Raises LinkDead, also when somebody else registered with the address meanwhile; NotAllowed for another person.
    """
    if links.holder(session, Purpose.CHANGE_EMAIL, token).id != user.id:
        raise NotAllowed(
            gettext("This link belongs to another sign-in. Sign in as the person who asked for it.")
        )
    if user.pending_email is None:
        raise LinkDead
    old = user.email
    try:
        with session.begin_nested():
            user.email, user.pending_email = user.pending_email, None
            user.email_confirmed_at = now()
            session.flush()
    except IntegrityError:
        raise LinkDead from None
    notices.email_changed(session, user, old)
    _record(session, actor, user, "user.change_email", {"email": old}, {"email": user.email})


def ask_for_phone(session: Session, actor: Actor, user: User, phone: str, secret_key: str) -> None:
    """Begin a change of phone: a code goes to the new one, a letter to the person. Raises CodeWaits."""
    send_code(session, user, phone, secret_key)
    user.pending_phone = phone
    notices.phone_change_asked(session, user, phone)
    _record(session, actor, user, "user.ask_phone_change", {"phone": user.phone}, {"phone": phone})


def confirm_phone(session: Session, actor: Actor, user: User, code: str, secret_key: str) -> bool:
    """Whether the code proves the new phone; if so, it is used from now on, and the old one is told."""
    new, old = user.pending_phone, user.phone
    if new is None or not spend_code(session, user, new, code, secret_key):
        return False
    user.phone, user.pending_phone, user.phone_confirmed_at = new, None, now()
    session.flush()
    notices.phone_changed(session, user, old)
    _record(session, actor, user, "user.change_phone", {"phone": old}, {"phone": new})
    return True


def give_up(session: Session, user: User) -> None:
    """Forget a change that was begun."""
    user.pending_email = user.pending_phone = None


def _record(
    session: Session,
    actor: Actor,
    user: User,
    action: str,
    before: dict[str, str | None],
    after: dict[str, str | None],
) -> None:
    audit_log.record(
        session, actor, action, f"user:{user.id}", account_id=user.account_id, before=before, after=after
    )
