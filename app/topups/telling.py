"""What the client is told of their credit by e-mail, in the transaction of what it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.letters.writing import link, write_to
from app.models import Adjustment, Role, TopUp, User
from app.pricing import credits
from app.topups.prices import money

STATEMENT: Final = "/statement"


def people_of_money(session: Session, account_id: int, *, and_user_id: int | None = None) -> Sequence[User]:
    """Who hears of an account's credit: its owners and billing members, and one member more where named."""
    return session.scalars(
        select(User)
        .where(
            User.account_id == account_id,
            User.disabled_at.is_(None),
            or_(User.role.in_((Role.OWNER, Role.BILLING)), User.id == and_user_id),
        )
        .order_by(User.id)
    ).all()


def tell_approved(session: Session, top_up: TopUp, available: int) -> None:
    """The credit has come; `available` millicredits are there now."""
    amount = top_up.approved_amount or 0
    lines = [f"Your top-up {top_up.reference} is approved: {credits(amount)} credits have been added."]
    if amount != top_up.amount:
        lines.append(f"You had asked for {credits(top_up.amount)} credits. Why it differs: {top_up.reason}")
    lines.append(f"Available now: {credits(available)} credits.")
    lines.append(f"A receipt in PDF is on the top-up's page: {_page_of(top_up)}")
    _write(session, top_up, f"Top-up {top_up.reference} approved", lines)


def tell_rejected(session: Session, top_up: TopUp) -> None:
    """Staff did not accept the receipt."""
    lines = [
        f"Your top-up {top_up.reference} ({credits(top_up.amount)} credits, "
        f"{money(top_up.paid, top_up.currency)}) was not accepted.",
        f"The reason: {top_up.reason}",
        "Nothing was added to your credit. You can upload another receipt on the top-up's page, without paying again: "
        + _page_of(top_up),
    ]
    _write(session, top_up, f"Top-up {top_up.reference} not accepted", lines)


def tell_adjusted(session: Session, adjustment: Adjustment, available: int) -> None:
    """Staff have corrected the balance; `available` millicredits are there now."""
    did = "added to" if adjustment.amount > 0 else "taken from"
    lines = [
        f"Our staff have {did} your credit: {credits(abs(adjustment.amount))} credits.",
        f"What for: {adjustment.reason}",
        f"Available now: {credits(available)} credits.",
        f"Every movement is on the page Statement: {link(STATEMENT)}",
    ]
    _write_to(session, people_of_money(session, adjustment.account_id), "Your credit was corrected", lines)


def _page_of(top_up: TopUp) -> str:
    return link(f"/top-up/{top_up.public_id}")


def _write(session: Session, top_up: TopUp, subject: str, lines: Sequence[str]) -> None:
    people = people_of_money(session, top_up.account_id, and_user_id=top_up.user_id)
    _write_to(session, people, subject, lines)


def _write_to(session: Session, people: Sequence[User], subject: str, lines: Sequence[str]) -> None:
    for person in people:
        write_to(session, person, subject, "\n\n".join([f"Hello {person.name},", *lines, "Carillon"]) + "\n")
