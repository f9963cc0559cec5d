"""Rows that have served their time: forgotten a little at a time, so that nobody waits for it.

Kept longest is what answers "who was in when": tries to sign in, and letters, for thirteen months. Notices go ninety
days after they were read. The ledger, the
audit log, tasks and messages are not touched here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, CursorResult, delete, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.models import (
    Account,
    AuditEvent,
    Base,
    DeviceSession,
    GatewayTry,
    Invitation,
    Letter,
    Notice,
    NoticeChoice,
    OneTimeCode,
    RouteEvent,
    SignInAttempt,
    User,
)

THIRTEEN_MONTHS: Final = timedelta(days=396)
THIRTY_DAYS: Final = timedelta(days=30)
NINETY_DAYS: Final = timedelta(days=90)
UNCONFIRMED_FOR: Final = timedelta(days=30)
_AT_ONCE: Final = 1_000
_ACCOUNTS_AT_ONCE: Final = 50


def clear_old_rows(session: Session) -> dict[str, int]:
    """Forget what is too old, in many short transactions. Returns how many rows of each table went."""
    gone = {}
    for model, is_old in _old(now()):
        gone[model.__tablename__] = _delete_in_batches(session, model, is_old)
    gone["account"] = sum(forget_unconfirmed(session, account_id) for account_id in unconfirmed(session))
    return gone


def unconfirmed(session: Session) -> list[int]:
    """Accounts that were registered a month ago and never confirmed by anybody, and that nobody asked for since."""
    before = now() - UNCONFIRMED_FOR
    people = select(User.id).where(User.account_id == Account.id).correlate(Account)
    found = session.scalars(
        select(Account.id)
        .where(
            Account.created_at < before,
            Account.available == 0,
            Account.held == 0,
            exists(people),
            ~exists(people.where(or_(User.email_confirmed_at.is_not(None), User.created_at >= before))),
            ~exists(select(AuditEvent.id).where(AuditEvent.account_id == Account.id)),
            ~exists(select(Letter.id).where(Letter.user_id.in_(people), Letter.created_at >= before)),
        )
        .order_by(Account.id)
        .limit(_ACCOUNTS_AT_ONCE)
    ).all()
    session.rollback()
    return list(found)


def forget_unconfirmed(session: Session, account_id: int) -> bool:
    """Take an unconfirmed account away, with its person. False where something else refers to either of them.

    Opens a transaction of its own. Tries to sign in stay, with the address that was typed.
    """
    people = select(User.id).where(User.account_id == account_id)
    is_open = User.account_id == account_id, User.email_confirmed_at.is_not(None)
    try:
        with write_transaction(session):
            session.scalars(people.with_for_update(of=User)).all()
            if session.scalar(select(User.id).where(*is_open).limit(1)) is not None:
                return False  # confirmed in this very moment
            session.execute(delete(Letter).where(Letter.user_id.in_(people)))
            session.execute(delete(Notice).where(Notice.user_id.in_(people)))
            session.execute(delete(NoticeChoice).where(NoticeChoice.user_id.in_(people)))
            session.execute(delete(OneTimeCode).where(OneTimeCode.user_id.in_(people)))
            session.execute(
                update(SignInAttempt).where(SignInAttempt.user_id.in_(people)).values(user_id=None)
            )
            session.execute(delete(User).where(User.account_id == account_id))
            session.execute(delete(Account).where(Account.id == account_id))
    except IntegrityError:
        return False
    return True


def _old(moment: datetime) -> Iterator[tuple[type[Base], ColumnElement[bool]]]:
    """The tables, and which of their rows are too old."""
    long_ago, lately = moment - THIRTEEN_MONTHS, moment - NINETY_DAYS
    yield SignInAttempt, SignInAttempt.at < long_ago
    yield Letter, func.coalesce(Letter.sent_at, Letter.given_up_at) < long_ago
    # One that nobody has ended is over as well, once it has not been seen for so long.
    yield DeviceSession, func.coalesce(DeviceSession.ended_at, DeviceSession.seen_at) < lately
    yield Notice, or_(Notice.read_at < lately, Notice.created_at < long_ago)
    yield OneTimeCode, OneTimeCode.expires_at < lately
    yield GatewayTry, GatewayTry.answered_at < moment - THIRTY_DAYS
    yield RouteEvent, RouteEvent.at < long_ago
    over = Invitation.accepted_at, Invitation.revoked_at, Invitation.expires_at
    yield Invitation, or_(*(column < lately for column in over))


def _delete_in_batches(session: Session, model: type[Base], is_old: ColumnElement[bool]) -> int:
    key = model.__table__.c.id
    gone = 0
    while True:
        with write_transaction(session):
            some = select(key).where(is_old).order_by(key).limit(_AT_ONCE)
            result = session.execute(
                delete(model).where(key.in_(some)).execution_options(synchronize_session=False)
            )
            assert isinstance(result, CursorResult)
        gone += result.rowcount
        if result.rowcount < _AT_ONCE:
            return gone
