"""The first question of signing in: an e-mail address and its password. And the record of every try."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.passwords import decoy, hash_password, is_outdated, verify_password
from app.accounts.people import person_of, tidy_email
from app.accounts.sessions import Visitor
from app.accounts.standing import refusal_of
from app.clock import now
from app.database import write_transaction
from app.errors import CarillonError
from app.language import gettext
from app.models import SignInAttempt, SignInOutcome, User
from app.models.base import LARGEST_KEY


class SignInRefused(CarillonError):
    """The e-mail and password do not belong together (not saying which is wrong), or this person may not come in."""


def authenticate(
    session: Session,
    email: str,
    password: str,
    visitor: Visitor,
    hasher: PasswordHasher,
    never: Collection[str] = (),
) -> User:
    """The user of this e-mail and password. Raises SignInRefused, after noting the try.

    `never` are passwords that open nothing, whoever has them.

    An unknown address costs the same argon2 work as a wrong password, so that the time taken tells nobody which
    addresses have a sign-in. Only who knows the password learns that the account is suspended. Writes in a
    transaction of its own: the work must not hold a lock.
    """
    stand_in = decoy(hasher)
    user = person_of(session, email)
    right = verify_password(user.password_hash if user is not None else stand_in, password, hasher)
    if user is None or not right or password in never:
        with write_transaction(session):
            note_try(session, user.id if user else None, email, visitor, SignInOutcome.WRONG)
        raise SignInRefused(
            gettext("This e-mail and password do not belong together. Check both, and try again.")
        )
    if (refusal := refusal_of(user)) is not None:
        with write_transaction(session):
            note_try(session, user.id, email, visitor, SignInOutcome.SUSPENDED)
        raise SignInRefused(refusal)
    if is_outdated(user.password_hash, hasher):
        _hash_anew(session, user, password, hasher)
    return user


def is_own_password(session: Session, user: User, password: str, hasher: PasswordHasher) -> bool:
    """Whether a signed-in person gives their right password again."""
    return verify_password(user.password_hash, password, hasher)


def note_try(
    session: Session, user_id: int | None, email: str, visitor: Visitor, outcome: SignInOutcome
) -> None:
    """Put a try to sign in on record."""
    session.add(
        SignInAttempt(
            user_id=user_id,
            email=tidy_email(email)[:254],
            ip=visitor.ip[:45],
            user_agent=visitor.user_agent[:300],
            outcome=outcome,
        )
    )
    session.flush()


def has_signed_in(session: Session, user: User) -> bool:
    """Whether this person has ever come in, as far back as tries are kept."""
    found = select(SignInAttempt.id).where(
        SignInAttempt.user_id == user.id, SignInAttempt.outcome == SignInOutcome.SIGNED_IN
    )
    return session.scalar(found.limit(1)) is not None


def tries_of(
    session: Session, user: User, *, limit: int, before_id: int | None = None
) -> Sequence[SignInAttempt]:
    """The tries to sign in as this person, the newest first, from `before_id` on."""
    statement = select(SignInAttempt).where(SignInAttempt.user_id == user.id)
    if before_id is not None:
        statement = statement.where(SignInAttempt.id < min(before_id, LARGEST_KEY))
    return session.scalars(statement.order_by(SignInAttempt.id.desc()).limit(limit)).all()


def wrong_codes_lately(session: Session, user: User) -> int:
    """How many wrong second factors were entered within the hour, each after the right password."""
    return (
        session.scalar(
            select(func.count())
            .select_from(SignInAttempt)
            .where(
                SignInAttempt.user_id == user.id,
                SignInAttempt.outcome == SignInOutcome.SECOND_FACTOR_WRONG,
                SignInAttempt.at > now() - timedelta(hours=1),
            )
        )
        or 0
    )


def _hash_anew(session: Session, user: User, password: str, hasher: PasswordHasher) -> None:
    """Store the same password under today's parameters, unless it was changed meanwhile."""
    outdated, fresh = user.password_hash, hash_password(password, hasher)
    with write_transaction(session):
        if user.password_hash == outdated:
            user.password_hash = fresh
