"""Leaving: a client asks for deactivation, and takes their data along."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import CursorResult, Select, select, update
from sqlalchemy.orm import Session

from app.accounts.standing import leaving_alert
from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import CarillonError, Conflict, NotFound
from app.language import gettext
from app.models import Account, AccountExport
from app.queues import enqueue_after_commit
from app.sending.alerts import clear_alert, raise_alert

EXPORT_LIVES: Final = timedelta(days=7)
_GAP: Final = timedelta(hours=1)  # between two exports of one account


class LeavingRefused(CarillonError):
    """What was typed does not confirm the wish; the message tells what to type."""


def ask_deactivation(session: Session, actor: Actor, account_id: int, typed_name: str) -> None:
    """Tell staff that the client wants to leave; they settle what is open, and close the account.

    `typed_name` confirms it. Raises LeavingRefused, and Conflict when it was asked for already.
    """
    account = session.get_one(Account, account_id)
    if typed_name.strip().casefold() != account.name.strip().casefold():
        raise LeavingRefused(gettext("Type the account's name, %(name)s, to confirm.", name=account.name))
    asked = session.execute(
        update(Account)
        .where(Account.id == account_id, Account.deactivation_asked_at.is_(None))
        .values(deactivation_asked_at=now())
    )
    assert isinstance(asked, CursorResult)
    if asked.rowcount != 1:
        raise Conflict(gettext("Deactivation has been asked for already. Our staff will be in touch."))
    raise_alert(
        session,
        leaving_alert(account_id),
        gettext(
            "%(name)s asks to be deactivated. Settle what is open, then close the account on its page.",
            name=account.name,
        ),
        account_id=account_id,
    )
    audit_log.record(
        session, actor, "account.ask_deactivation", f"account:{account_id}", account_id=account_id
    )


def take_back(session: Session, actor: Actor, account_id: int) -> None:
    """The client stays after all. Raises Conflict when nothing was asked for."""
    taken = session.execute(
        update(Account)
        .where(Account.id == account_id, Account.deactivation_asked_at.is_not(None))
        .values(deactivation_asked_at=None)
    )
    assert isinstance(taken, CursorResult)
    if taken.rowcount != 1:
        raise Conflict(gettext("Deactivation has not been asked for, so there is nothing to take back."))
    clear_alert(session, leaving_alert(account_id))
    audit_log.record(session, actor, "account.keep", f"account:{account_id}", account_id=account_id)


def ask_export(session: Session, actor: Actor, account_id: int) -> AccountExport:
    """Have the account's data packed by a job. Raises Conflict when one was asked for within the last hour."""
    # a second click waits here, and then finds the first
    session.get_one(Account, account_id, with_for_update={"key_share": True})
    newest = session.scalar(_exports(account_id).limit(1))
    if newest is not None and newest.failed_at is None and now() - newest.asked_at < _GAP:
        raise Conflict(
            gettext("An export was asked for within the last hour. It is listed below; use that one.")
        )
    export = AccountExport(account_id=account_id, user_id=actor.user_id)
    session.add(export)
    session.flush()
    audit_log.record(session, actor, "account.export", f"account_export:{export.id}", account_id=account_id)
    enqueue_after_commit(session, "jobs.export.pack", export.id)
    return export


def exports(session: Session, account_id: int) -> Sequence[AccountExport]:
    """The account's newest exports."""
    return session.scalars(_exports(account_id).limit(10)).all()


def ready_export(session: Session, account_id: int, public_id: str) -> AccountExport:
    """An export that can be fetched now. Raises NotFound, also for another account's."""
    found = session.scalar(
        _exports(account_id).where(
            AccountExport.public_id == public_id,
            AccountExport.file_key.is_not(None),
            AccountExport.expires_at > now(),
        )
    )
    if found is None:
        raise NotFound(gettext("This export has expired, or is not ready. Ask for a new one."))
    return found


def _exports(account_id: int) -> Select[AccountExport]:
    return (
        select(AccountExport).where(AccountExport.account_id == account_id).order_by(AccountExport.id.desc())
    )
