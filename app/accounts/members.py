"""An account's people: who is in, in which role, and who is invited."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from argon2 import PasswordHasher
from sqlalchemy import CursorResult, Select, func, select, update
from sqlalchemy.orm import Session

from app.accounts.passwords import hash_password
from app.accounts.strength import require_strong
from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import CarillonError, NotFound
from app.language import gettext
from app.letters.writing import write_email
from app.models import CLIENT_ROLES, Account, AccountState, Invitation, Role, User

INVITATION_LIVES: Final = timedelta(days=7)
MOST_INVITED: Final = 50
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+")


class MemberRefused(CarillonError):
    """An invitation or a change of a member that cannot be; the message tells what to do instead."""


def members(session: Session, account_id: int) -> Sequence[User]:
    """The account's people, those who were removed last."""
    return session.scalars(
        select(User)
        .where(User.account_id == account_id)
        .order_by(User.disabled_at.is_not(None), func.lower(User.name), User.id)
    ).all()


def member(session: Session, account_id: int, user_id: int) -> User:
    """One of the account's people who can sign in. Raises NotFound."""
    found = session.scalar(
        select(User).where(User.account_id == account_id, User.id == user_id, User.disabled_at.is_(None))
    )
    if found is None:
        raise NotFound(gettext("There is no such member in this account."))
    return found


def invitations(session: Session, account_id: int) -> Sequence[Invitation]:
    """The invitations that nobody has taken up or taken back, expired ones too; newest first."""
    return session.scalars(_pending(account_id).order_by(Invitation.id.desc())).all()


def invite(
    session: Session, actor: Actor, account_id: int, email: str, role: str, public_url: str
) -> Invitation:
    """Invite somebody by e-mail. `public_url` is the panel's own address.

    An address that has a sign-in elsewhere gets a letter that says so; the page does not tell the difference.
    Raises MemberRefused.
    """
    email = email.strip().lower()
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise MemberRefused(
            gettext("“%(email)s” is not an e-mail address. Write it like name@example.com.", email=email[:60])
        )
    role = _client_role(role)
    account = session.get_one(Account, account_id, with_for_update={"key_share": True})
    pending = session.scalars(_pending(account_id)).all()
    if any(each.email == email for each in pending):
        raise MemberRefused(
            gettext(
                "%(email)s has been invited already. Send that invitation again, or revoke it.", email=email
            )
        )
    if len(pending) >= MOST_INVITED:
        raise MemberRefused(
            gettext(
                "%(most_invited)s invitations are open. Revoke some before you write more.",
                most_invited=MOST_INVITED,
            )
        )
    known = session.scalar(select(User).where(User.email == email))
    if known is not None and known.account_id == account_id and known.disabled_at is None:
        raise MemberRefused(gettext("%(email)s is a member of this account already.", email=email))
    invitation = Invitation(
        account_id=account_id,
        invited_by=actor.user_id,
        email=email,
        role=role,
        token_hash="",
        expires_at=now(),
    )
    _send(session, invitation, account, public_url)
    audit_log.record(
        session,
        actor,
        "member.invite",
        f"invitation:{invitation.id}",
        account_id=account_id,
        after={"email": email, "role": role},
    )
    return invitation


def resend(
    session: Session, actor: Actor, account_id: int, invitation_id: int, public_url: str
) -> Invitation:
    """Write the invitation again, with a new link for seven more days; the old link dies. Raises NotFound."""
    invitation = _own_pending(session, account_id, invitation_id)
    _send(session, invitation, session.get_one(Account, account_id), public_url)
    audit_log.record(
        session, actor, "member.invite_again", f"invitation:{invitation.id}", account_id=account_id
    )
    return invitation


def revoke(session: Session, actor: Actor, account_id: int, invitation_id: int) -> Invitation:
    """Take an invitation back; its link is dead. Raises NotFound."""
    invitation = _own_pending(session, account_id, invitation_id)
    invitation.revoked_at = now()
    audit_log.record(
        session,
        actor,
        "member.revoke",
        f"invitation:{invitation.id}",
        account_id=account_id,
        before={"email": invitation.email, "role": invitation.role},
    )
    return invitation


def open_invitation(session: Session, token: str) -> tuple[Invitation, Account]:
    """The invitation behind a link, and the account it leads to. Raises NotFound once it is worth nothing."""
    row = session.execute(
        select(Invitation, Account)
        .join(Account, Account.id == Invitation.account_id)
        .where(
            Invitation.token_hash == _hash(token),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now(),
            Account.state == AccountState.ACTIVE,
        )
    ).one_or_none()
    if row is None:
        raise NotFound(gettext("This invitation was used, taken back, or is too old. Ask for a new one."))
    return row.Invitation, row.Account


def new_hash(session: Session, token: str, name: str, password: str, hasher: PasswordHasher) -> str:
    """The hash of the password that who was invited chooses. Takes a while: hold no lock meanwhile.

    Raises NotFound for a dead link, WeakPassword.
    """
    invitation, account = open_invitation(session, token)
    require_strong(password, (name, invitation.email, account.name))
    return hash_password(password, hasher)


def join(session: Session, token: str, name: str, password_hash: str, ip: str | None) -> User:
    """Take up an invitation: the person gets a sign-in, their address counts as confirmed. Once.

    Raises NotFound for a dead link, and MemberRefused when the address has a sign-in elsewhere.
    """
    invitation, account = open_invitation(session, token)
    taken = session.execute(
        update(Invitation)
        .where(Invitation.id == invitation.id, Invitation.accepted_at.is_(None))
        .values(accepted_at=now())
        .execution_options(synchronize_session=False)
    )
    assert isinstance(taken, CursorResult)
    if taken.rowcount != 1:
        raise NotFound(gettext("This invitation has just been used."))
    user = session.scalar(select(User).where(User.email == invitation.email))
    if user is None:
        user = User(account_id=account.id, email=invitation.email)
        session.add(user)
    elif user.account_id != account.id or user.disabled_at is None:
        raise MemberRefused(
            gettext("This address has a Carillon sign-in already. Ask to be invited by another one.")
        )
    else:
        user.session_version += 1
    user.name, user.role, user.disabled_at = name.strip(), invitation.role, None
    user.password_hash, user.password_changed_at = password_hash, now()
    user.must_change_password, user.email_confirmed_at = False, now()
    session.flush()
    audit_log.record(
        session,
        Actor.of(user, ip),
        "member.join",
        f"user:{user.id}",
        account_id=account.id,
        after={"role": user.role},
    )
    return user


def change_role(session: Session, actor: Actor, account_id: int, user_id: int, role: str) -> User:
    """Give a member another role. Raises NotFound, and MemberRefused for the last owner."""
    role = _client_role(role)
    found = _own_member(session, account_id, user_id)
    if found.role == role:
        return found
    if found.role == Role.OWNER:
        _keep_an_owner(session, found)
    before, found.role = found.role, role
    audit_log.record(
        session,
        actor,
        "member.role",
        f"user:{found.id}",
        account_id=account_id,
        before={"role": before},
        after={"role": role},
    )
    return found


def remove(session: Session, actor: Actor, account_id: int, user_id: int) -> User:
    """Take a member's sign-in away, at once and everywhere. Raises NotFound, and MemberRefused for the last owner."""
    found = _own_member(session, account_id, user_id)
    if found.id == actor.user_id:
        raise MemberRefused(gettext("You cannot remove yourself. Ask another owner to do it."))
    if found.role == Role.OWNER:
        _keep_an_owner(session, found)
    found.disabled_at = now()
    found.session_version += 1
    audit_log.record(
        session,
        actor,
        "member.remove",
        f"user:{found.id}",
        account_id=account_id,
        before={"email": found.email, "role": found.role},
    )
    return found


def _send(session: Session, invitation: Invitation, account: Account, public_url: str) -> None:
    """A fresh link and its letter."""
    token = secrets.token_urlsafe(32)
    invitation.token_hash, invitation.expires_at = _hash(token), now() + INVITATION_LIVES
    session.add(invitation)
    session.flush()
    known = session.scalar(select(User).where(User.email == invitation.email))
    if known is not None and (known.account_id != account.id or known.disabled_at is None):
        body = gettext(
            "%(name)s has invited you to Carillon, but this address has a Carillon sign-in "
            "already. One address can belong to one account only: ask to be invited by another "
            "address.",
            name=account.name,
        )
    else:
        body = gettext(
            "%(name)s has invited you to its Carillon account as %(role)s.\n\nOpen this link to "
            "set your name and password. It works once, within seven days:\n\n"
            "%(public_url)s/invitations/%(token)s\n\nIf you do not know who this is, do nothing.",
            name=account.name,
            role=invitation.role,
            public_url=public_url,
            token=token,
        )
    write_email(
        session, invitation.email, gettext("%(name)s has invited you to Carillon", name=account.name), body
    )


def _pending(account_id: int) -> Select[Invitation]:
    return select(Invitation).where(
        Invitation.account_id == account_id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
    )


def _own_pending(session: Session, account_id: int, invitation_id: int) -> Invitation:
    found: Invitation | None = session.scalar(
        _pending(account_id).where(Invitation.id == invitation_id).with_for_update()
    )
    if found is None:
        raise NotFound(gettext("This invitation is not open any more. Reload the page to see who is in."))
    return found


def _own_member(session: Session, account_id: int, user_id: int) -> User:
    """A member with a sign-in, after the account is locked: two owners must not remove each other at once."""
    session.get_one(Account, account_id, with_for_update={"key_share": True})
    found = member(session, account_id, user_id)
    session.refresh(found)
    return found


def _keep_an_owner(session: Session, leaving: User) -> None:
    others = session.scalar(
        select(func.count(User.id)).where(
            User.account_id == leaving.account_id,
            User.role == Role.OWNER,
            User.disabled_at.is_(None),
            User.id != leaving.id,
        )
    )
    if not others:
        raise MemberRefused(gettext("This is the account's only owner. Make somebody else an owner first."))


def _client_role(role: str) -> Role:
    if role not in CLIENT_ROLES:
        raise MemberRefused(gettext("Choose owner, sender, viewer or billing."))
    return Role(role)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
