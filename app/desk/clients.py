"""Clients as staff see them: finding one, and what staff may set on an account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import Session

from app.desk import audit_log
from app.desk.audit_log import Actor
from app.desk.interest import require_none
from app.errors import CarillonError, NotFound
from app.language import gettext, thousands
from app.models import (
    Account,
    AccountNote,
    AccountRoute,
    AuditEvent,
    Plan,
    Route,
    SignInAttempt,
    Task,
    User,
)
from app.records.pages import Page, page_by_key

SHOWN: Final = 20
EVENTS: Final = 8
LONGEST_NOTE: Final = 2_000


class ClientChangeRefused(CarillonError):
    """What was entered cannot be set on the account; the message tells why."""


def search(
    session: Session,
    words: str,
    *,
    state: str | None = None,
    before: int | None = None,
    after: int | None = None,
) -> Page[Account]:
    """Accounts whose name, id, or whose people's e-mail, phone or name fits; newest first, all for no words."""
    return page_by_key(session, matching(words, state), Account.id, before=before, after=after)


def matching(words: str, state: str | None) -> Select[Account]:
    """The accounts that `search` finds, all of them and in no order."""
    statement = select(Account)
    words = words.strip()
    if words:
        like = f"%{_escaped(words.lower())}%"
        digits = "".join(sign for sign in words if sign.isdigit())
        people = or_(
            func.lower(User.email).like(like, escape="\\"),
            func.lower(User.name).like(like, escape="\\"),
            *([User.phone.like(f"%{digits}%")] if len(digits) >= 4 else []),
        )
        by_person = select(User.account_id).where(User.account_id.is_not(None), people)
        fits: list[ColumnElement[bool]] = [
            func.lower(Account.name).like(like, escape="\\"),
            Account.id.in_(by_person),
        ]
        number = words.removeprefix("#")
        if number.isascii() and number.isdigit() and len(number) <= 15:
            fits.append(Account.id == int(number))
        statement = statement.where(or_(*fits))
    if state:
        statement = statement.where(Account.state == state)
    return statement


def account(session: Session, account_id: int) -> Account:
    """Raises NotFound."""
    found = session.get(Account, account_id)
    if found is None:
        raise NotFound(gettext("There is no such account."))
    return found


def tasks(
    session: Session, account_id: int, *, before: int | None = None, after: int | None = None
) -> Page[Task]:
    """The account's tasks, newest first."""
    statement = select(Task).where(Task.account_id == account_id)
    return page_by_key(session, statement, Task.id, before=before, after=after, size=SHOWN)


def members(session: Session, account_id: int) -> Sequence[User]:
    """The account's people, those who were removed last."""
    return session.scalars(
        select(User).where(User.account_id == account_id).order_by(User.disabled_at.is_not(None), User.id)
    ).all()


def sign_ins(session: Session, account_id: int) -> Sequence[SignInAttempt]:
    """The newest tries to sign in as one of the account's people."""
    people = select(User.id).where(User.account_id == account_id)
    return session.scalars(
        select(SignInAttempt)
        .where(SignInAttempt.user_id.in_(people))
        .order_by(SignInAttempt.id.desc())
        .limit(SHOWN)
    ).all()


def notes(session: Session, account_id: int) -> Sequence[AccountNote]:
    """What staff noted of the account, newest first."""
    return session.scalars(
        select(AccountNote)
        .where(AccountNote.account_id == account_id)
        .order_by(AccountNote.id.desc())
        .limit(SHOWN)
    ).all()


def events(session: Session, account_id: int) -> Sequence[AuditEvent]:
    """The account's newest audit events."""
    return session.scalars(
        select(AuditEvent)
        .where(AuditEvent.account_id == account_id)
        .order_by(AuditEvent.id.desc())
        .limit(EVENTS)
    ).all()


def route_choices(session: Session, account_id: int) -> list[tuple[Route, AccountRoute | None]]:
    """Every route, with what the account has of its own on it."""
    rows = session.execute(
        select(Route, AccountRoute)
        .outerjoin(
            AccountRoute, (AccountRoute.route_id == Route.id) & (AccountRoute.account_id == account_id)
        )
        .order_by(Route.name)
    )
    return [(row.Route, row.AccountRoute) for row in rows]


def plans(session: Session) -> Sequence[Plan]:
    return session.scalars(select(Plan).order_by(Plan.name)).all()


def plan_name(session: Session, kept: Account) -> str:
    """The name of the account's plan, in words for staff."""
    plan = session.get(Plan, kept.plan_id) if kept.plan_id is not None else None
    return plan.name if plan is not None else gettext("The default plan")


def add_note(session: Session, actor: Actor, account_id: int, text: str) -> AccountNote:
    """Raises NotFound, and ClientChangeRefused for an empty or endless note."""
    account(session, account_id)
    text = text.strip()
    if not text or len(text) > LONGEST_NOTE:
        raise ClientChangeRefused(
            gettext("Write a note of at most %(longest)s characters.", longest=thousands(LONGEST_NOTE))
        )
    note = AccountNote(account_id=account_id, user_id=actor.user_id, text=text)
    session.add(note)
    session.flush()
    return note


def require_password_change(session: Session, actor: Actor, account_id: int, user_id: int) -> User:
    """Sign a member out everywhere, and let them in again only to set a new password. Raises NotFound."""
    member = session.scalar(select(User).where(User.account_id == account_id, User.id == user_id))
    if member is None:
        raise NotFound(gettext("There is no such member in this account."))
    session.execute(
        update(User)
        .where(User.id == user_id)
        .values(must_change_password=True, session_version=User.session_version + 1)
    )
    audit_log.record(session, actor, "user.require_password_change", f"user:{user_id}", account_id=account_id)
    return member


def set_plan(session: Session, actor: Actor, account_id: int, plan_id: int | None) -> Account:
    """Put the account on a plan, or back on the default one (None).

    Raises NotFound, and NotAllowed for who has an interest in the account.
    """
    found = account(session, account_id)
    require_none(session, actor, account_id)
    if plan_id is not None and session.get(Plan, plan_id) is None:
        raise NotFound(gettext("There is no such plan."))
    if found.plan_id != plan_id:
        before, found.plan_id = found.plan_id, plan_id
        audit_log.record(
            session,
            actor,
            "account.plan",
            f"account:{account_id}",
            account_id=account_id,
            before={"plan": before},
            after={"plan": plan_id},
        )
    return found


def set_route(
    session: Session,
    actor: Actor,
    account_id: int,
    route_id: int,
    allowed: bool | None,
    own_price: int | None,
) -> None:
    """Allow or forbid a route to the account (None: as for everyone else), and give it a price of its own there.

    `own_price` is millicredits a segment and stands for all of the route's prices; what was quoted keeps its quote.
    Raises NotFound, and NotAllowed for who has an interest in the account: a price of 0 is credit without end.
    """
    account(session, account_id)
    require_none(session, actor, account_id)
    route = session.get(Route, route_id)
    if route is None:
        raise NotFound(gettext("There is no such route."))
    kept = session.get(AccountRoute, (account_id, route_id), with_for_update=True)
    before = {"allowed": kept.allowed, "price": kept.price_per_segment} if kept else None
    after = None
    if allowed is None and own_price is None:
        if kept is not None:
            session.delete(kept)
    else:
        kept = kept or AccountRoute(account_id=account_id, route_id=route_id)
        kept.allowed = route.everyone if allowed is None else allowed
        kept.price_per_segment = own_price
        session.add(kept)
        after = {"allowed": kept.allowed, "price": own_price}
    session.flush()
    if before != after:
        audit_log.record(
            session,
            actor,
            "account.route",
            f"route:{route_id}",
            account_id=account_id,
            before=before,
            after=after,
        )


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
