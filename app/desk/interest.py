"""Who may not decide on an account's money: whoever it belongs to, as far as that can be known."""

from __future__ import annotations

from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.desk.audit_log import Actor
from app.errors import NotAllowed
from app.language import gettext
from app.models import AuditEvent, User

# What the audit log calls the making of an account by staff.
_ACCOUNT_MADE: Final = "account.create"


def require_none(session: Session, actor: Actor, account_id: int) -> None:
    """Raises NotAllowed where who acts has an interest in the account."""
    staff = session.get(User, actor.user_id) if actor.user_id is not None else None
    if staff is not None and (words := interest_in(session, staff, account_id)):
        raise NotAllowed(words)


def interest_in(session: Session, staff: User, account_id: int) -> str | None:
    """Why this person may not decide on the account's credit; None when they may.

    They may not when the account is theirs, as far as that can be known: as a member, by having made it, or by a
    phone number that a member of it has too.
    """
    if staff.account_id == account_id:
        return gettext("You belong to this account, so somebody else must decide on its credit.")
    made = exists().where(
        AuditEvent.account_id == account_id,
        AuditEvent.actor_id == staff.id,
        AuditEvent.action == _ACCOUNT_MADE,
    )
    if session.scalar(select(made)):
        return gettext("You made this account, so somebody else must decide on its credit.")
    if staff.phone is not None and session.scalar(
        select(exists().where(User.account_id == account_id, User.phone == staff.phone))
    ):
        return gettext("A member of this account has your phone number, so somebody else must decide on it.")
    return None
