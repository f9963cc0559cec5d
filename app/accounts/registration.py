"""Registering: a new account and its owner, told nothing about who is registered already."""

from __future__ import annotations

from dataclasses import dataclass

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import notices
from app.accounts.links import Links, Purpose
from app.accounts.passwords import hash_password
from app.accounts.people import person_of, tidy_email
from app.accounts.strength import require_strong
from app.clock import now
from app.database import write_transaction
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.models import Account, Role, User
from app.recipients.zones import zones_of


@dataclass(frozen=True, slots=True)
class Registration:
    """What a person who registers says of themselves. `phone` is E.164."""

    name: str
    company: str
    email: str
    phone: str
    password: str


def register(
    session: Session, registration: Registration, links: Links, hasher: PasswordHasher, ip: str
) -> None:
    """Take a registration, and write to its address: a link to confirm it, or that it has a sign-in already.

    Opens its own transaction after the password is hashed: no lock is held for so long, and the work is the
    same for every address. Raises WeakPassword.
    """
    email = tidy_email(registration.email)
    require_strong(registration.password, (registration.name, email, registration.company))
    password_hash = hash_password(registration.password, hasher)
    with write_transaction(session):
        user = person_of(session, email)
        if user is None:
            user = _new_owner(session, registration, email, password_hash)
            if user is not None:
                _record(session, user, ip)
        if user is None:  # another registration of this address was a moment quicker
            user = session.scalars(select(User).where(User.email == email)).one()
        if user.email_confirmed_at is None:
            notices.confirm_email(session, links, user)
        else:
            notices.already_registered(session, links, user)


def start_over(
    session: Session, links: Links, token: str, registration: Registration, hasher: PasswordHasher, ip: str
) -> User:
    """Register anew by the link that proves the address: all that somebody else may have typed before is replaced.

    Whoever registered an address first chose its password and phone, and need not be who reads its letters. The
    address in `registration` is not looked at: the link's counts. Opens its own transaction after the password is
    hashed. Raises LinkDead, WeakPassword.
    """
    email = links.holder(session, Purpose.CONFIRM_EMAIL, token).email
    require_strong(registration.password, (registration.name, email, registration.company))
    password_hash = hash_password(registration.password, hasher)
    with write_transaction(session):
        user = links.holder(session, Purpose.CONFIRM_EMAIL, token)
        assert (
            user.account is not None
        )  # who registers has an account, and is alone in it until they are confirmed
        user.account.name, user.account.time_zone = registration.company, _time_zone(registration.phone)
        user.name, user.phone, user.phone_confirmed_at = registration.name, registration.phone, None
        user.password_hash, user.password_changed_at = password_hash, now()
        user.session_version += 1  # whoever is half-way in with the password from before is out
        user.email_confirmed_at = now()
        audit_log.record(
            session,
            Actor.of(user, ip),
            "user.start_over",
            f"user:{user.id}",
            account_id=user.account_id,
            after={"phone": user.phone},
        )
    return user


def _new_owner(session: Session, registration: Registration, email: str, password_hash: str) -> User | None:
    """The new account's owner; None when the address was taken meanwhile."""
    account = Account(name=registration.company, time_zone=_time_zone(registration.phone))
    try:
        with session.begin_nested():
            session.add(account)
            session.flush()
            user = User(
                account_id=account.id,
                email=email,
                name=registration.name,
                role=Role.OWNER,
                phone=registration.phone,
                password_hash=password_hash,
            )
            session.add(user)
            session.flush()
    except IntegrityError:
        return None
    return user


def _record(session: Session, user: User, ip: str) -> None:
    """By name only: the log is never changed, and an account that nobody ever confirms is forgotten after a while."""
    audit_log.record(
        session,
        Actor(None, user.email, ip),
        "user.register",
        f"user:{user.id}",
        after={"email": user.email, "phone": user.phone, "account": user.account_id},
    )


def _time_zone(phone: str) -> str:
    """Where the phone's number leaves no doubt; UTC else, until the owner sets it."""
    zones = zones_of(phone)
    return zones[0].key if len(zones) == 1 else "UTC"
