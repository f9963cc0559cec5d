"""Proving that an e-mail address and a phone are the person's own: a signed link, and a code by text message."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Final

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from app.accounts import notices
from app.accounts.links import Links, Purpose
from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import CarillonError
from app.language import gettext
from app.letters.writing import write_sms
from app.models import OneTimeCode, User

CODE_LIFE: Final = timedelta(minutes=10)
CODE_TRIES: Final = 5
RESEND_GAP: Final = timedelta(seconds=45)


class CodeWaits(CarillonError):
    """A code was sent a moment ago; the message says to give it time."""


def resend_email(session: Session, links: Links, user: User) -> None:
    """Write the confirming link once more, while the address is not confirmed."""
    if user.email_confirmed_at is None:
        notices.confirm_email(session, links, user)


def confirm_email(session: Session, links: Links, token: str, ip: str) -> User:
    """The address of the link's holder is theirs. Raises LinkDead."""
    user = links.holder(session, Purpose.CONFIRM_EMAIL, token)
    user.email_confirmed_at = now()
    _record(session, user, "user.confirm_email", ip)
    return user


def send_code(session: Session, user: User, phone: str, secret_key: str) -> None:
    """Text a fresh code to the phone; an earlier one is worth nothing from now on. Raises CodeWaits."""
    moment = now()
    newest = _newest(session, user)
    waits = newest is not None and newest.used_at is None and newest.sent_to == phone
    if waits and newest is not None and moment - newest.created_at < RESEND_GAP:
        raise CodeWaits(
            gettext("A code was sent to this number a moment ago. Give it a minute, then ask again.")
        )
    code = f"{secrets.randbelow(1_000_000):06d}"
    session.add(
        OneTimeCode(
            user_id=user.id,
            sent_to=phone,
            code_hash=_hashed(user.id, phone, code, secret_key),
            created_at=moment,
            expires_at=moment + CODE_LIFE,
        )
    )
    write_sms(
        session,
        phone,
        gettext("%(code)s is your Carillon code. It works for 10 minutes.", code=code),
        user_id=user.id,
    )


def has_code(session: Session, user: User, phone: str) -> bool:
    """Whether a code is on its way to the phone, or there, and still works."""
    newest = _newest(session, user)
    return (
        newest is not None
        and newest.sent_to == phone
        and newest.used_at is None
        and newest.expires_at > now()
        and newest.tries < CODE_TRIES
    )


def spend_code(session: Session, user: User, phone: str, code: str, secret_key: str) -> bool:
    """Whether this is the newest code sent to the phone. Every try counts; a right one works once."""
    newest = _newest(session, user)
    if newest is None or newest.sent_to != phone:
        return False
    if not _count_try(session, newest.id):
        return False
    given = _hashed(user.id, phone, "".join(code.split()), secret_key)
    if not hmac.compare_digest(newest.code_hash, given):
        return False
    session.execute(update(OneTimeCode).where(OneTimeCode.id == newest.id).values(used_at=now()))
    return True


def confirm_phone(session: Session, user: User, code: str, secret_key: str, ip: str) -> bool:
    """Whether the code proves the phone that the person registered with; if so, it is confirmed."""
    if user.phone is None or not spend_code(session, user, user.phone, code, secret_key):
        return False
    user.phone_confirmed_at = now()
    _record(session, user, "user.confirm_phone", ip)
    return True


def correct_phone(session: Session, user: User, phone: str, ip: str) -> None:
    """Another phone for somebody who has not confirmed one yet."""
    before = user.phone
    user.phone, user.phone_confirmed_at = phone, None
    audit_log.record(
        session,
        Actor.of(user, ip),
        "user.correct_phone",
        f"user:{user.id}",
        account_id=user.account_id,
        before={"phone": before},
        after={"phone": phone},
    )


def _newest(session: Session, user: User) -> OneTimeCode | None:
    return session.scalar(
        select(OneTimeCode).where(OneTimeCode.user_id == user.id).order_by(OneTimeCode.id.desc()).limit(1)
    )


def _count_try(session: Session, code_id: int) -> bool:
    """Take one of the code's tries; False when none is left, or its time is over."""
    counted = session.execute(
        update(OneTimeCode)
        .where(
            OneTimeCode.id == code_id,
            OneTimeCode.tries < CODE_TRIES,
            OneTimeCode.used_at.is_(None),
            OneTimeCode.expires_at > now(),
        )
        .values(tries=OneTimeCode.tries + 1)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(counted, CursorResult)
    return counted.rowcount == 1


def _hashed(user_id: int, phone: str, code: str, secret_key: str) -> str:
    """Keyed: six digits alone are found from a plain hash in no time."""
    text = f"carillon:code:{user_id}:{phone}:{code}"
    return hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _record(session: Session, user: User, action: str, ip: str) -> None:
    audit_log.record(session, Actor.of(user, ip), action, f"user:{user.id}", account_id=user.account_id)
