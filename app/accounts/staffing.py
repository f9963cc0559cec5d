"""Our own staff: who is in, in which role. Nobody changes themselves, and an admin always stays."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import CarillonError, NotFound
from app.language import gettext
from app.models import STAFF_ROLES, NoticeKind, RecoveryCode, Role, User
from app.notices.telling import Words, tell, tell_one

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read two ways


class StaffRefused(CarillonError):
    """A change of our staff that cannot be; the message tells why."""


def staff(session: Session) -> Sequence[User]:
    """Everybody of our staff, those who left last."""
    return session.scalars(
        select(User)
        .where(User.account_id.is_(None))
        .order_by(User.disabled_at.is_not(None), func.lower(User.name), User.id)
    ).all()


def one_time_password() -> str:
    """A password to hand over and to be changed at the first sign-in: 98 bits, easy to type."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


def create(
    session: Session,
    actor: Actor,
    email: str,
    name: str,
    role: str,
    password_hash: str,
) -> User:
    """Somebody new, who must set a password of their own at the first sign-in. Raises StaffRefused.

    `password_hash` is of their one-time password, hashed before the transaction, which it would hold up.
    """
    email = email.strip().lower()
    if "@" not in email or len(email) > 254 or any(sign.isspace() for sign in email):
        raise StaffRefused(gettext("“%(email)s” is not an e-mail address.", email=email[:60]))
    if session.scalar(select(User.id).where(User.email == email)) is not None:
        raise StaffRefused(
            gettext(
                "%(email)s has a sign-in already. One address belongs to one person in one place.",
                email=email,
            )
        )
    user = User(
        email=email,
        name=name.strip() or email.partition("@")[0],
        role=_staff_role(role),
        password_hash=password_hash,
        must_change_password=True,
        email_confirmed_at=now(),
    )
    session.add(user)
    session.flush()
    _record(session, actor, "staff.create", user, after={"email": email, "role": user.role})
    _tell_admins(
        session,
        gettext(
            "%(email)s gave %(email2)s a sign-in as %(role)s.",
            email=actor.email,
            email2=email,
            role=user.role,
        ),
    )
    return user


def change_role(session: Session, actor: Actor, user_id: int, role: str) -> User:
    """Raises NotFound, and StaffRefused for oneself or the last admin."""
    user = _other(session, actor, user_id)
    role = _staff_role(role)
    if user.role == role:
        return user
    if user.role == Role.ADMIN:
        _keep_an_admin(session, user)
    before, user.role = user.role, role
    _record(session, actor, "staff.role", user, before={"role": before}, after={"role": role})
    _tell_admins(
        session,
        gettext(
            "%(email)s made %(email2)s %(role)s, who was %(before)s.",
            email=actor.email,
            email2=user.email,
            role=role,
            before=before,
        ),
    )
    return user


def disable(session: Session, actor: Actor, user_id: int) -> User:
    """Take the sign-in away, at once and everywhere. Raises NotFound, StaffRefused for oneself or the last admin."""
    user = _other(session, actor, user_id)
    if user.disabled_at is None:
        if user.role == Role.ADMIN:
            _keep_an_admin(session, user)
        user.disabled_at = now()
        user.session_version += 1
        _record(session, actor, "staff.disable", user)
    return user


def start_over(session: Session, actor: Actor, user_id: int, password_hash: str) -> User:
    """A one-time password, and no second factor, for somebody who lost theirs or comes back.

    Raises NotFound, and StaffRefused for oneself.
    """
    user = _other(session, actor, user_id)
    user.disabled_at = None
    user.password_hash, user.password_changed_at = password_hash, now()
    user.must_change_password = True
    user.totp_secret, user.totp_confirmed_at = None, None
    user.session_version += 1
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    _record(session, actor, "staff.start_over", user)
    words = gettext(
        "%(email)s gave %(email2)s a one-time password and took their second factor away.",
        email=actor.email,
        email2=user.email,
    )
    _tell_admins(session, words)
    if user.role != Role.ADMIN:
        advice = gettext("If you did not ask for it, tell an admin at once.")
        tell_one(
            session, user, NoticeKind.SECURITY, lambda _person: _words(words, advice, "/account/security")
        )
    return user


def _other(session: Session, actor: Actor, user_id: int) -> User:
    if actor.user_id == user_id:
        raise StaffRefused(gettext("Nobody changes their own role or sign-in here. Ask another admin."))
    # All of our admins are locked, so that two of them cannot let go of each other at once.
    session.scalars(select(User.id).where(User.role == Role.ADMIN).order_by(User.id).with_for_update()).all()
    user = session.scalar(
        select(User)
        .where(User.id == user_id, User.account_id.is_(None))
        .execution_options(populate_existing=True)
    )
    if user is None:
        raise NotFound(gettext("There is no such member of staff."))
    return user


def _keep_an_admin(session: Session, leaving: User) -> None:
    others = session.scalar(
        select(func.count(User.id)).where(
            User.role == Role.ADMIN, User.disabled_at.is_(None), User.id != leaving.id
        )
    )
    if not others:
        raise StaffRefused(gettext("This is the only admin. Make somebody else an admin first."))


def _staff_role(role: str) -> Role:
    if role not in STAFF_ROLES:
        raise StaffRefused(gettext("Choose support, finance, operator or admin."))
    return Role(role)


def _tell_admins(session: Session, words: str) -> None:
    """To every admin: who can make or take over a colleague's sign-in could be the second person of their own work."""
    admins = session.scalars(select(User).where(User.role == Role.ADMIN, User.disabled_at.is_(None)))
    advice = gettext("If you do not know of this, undo it at once, and ask.")
    tell(session, admins.all(), NoticeKind.SECURITY, lambda _person: _words(words, advice, "/staff/people"))


def _words(words: str, advice: str, path: str) -> Words:
    return Words(gettext("A sign-in of our staff was changed"), words, path, (advice,))


def _record(
    session: Session,
    actor: Actor,
    action: str,
    user: User,
    *,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    audit_log.record(session, actor, action, f"user:{user.id}", before=before, after=after)
