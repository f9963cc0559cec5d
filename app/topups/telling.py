"""What the client is told of a top-up by e-mail, in the transaction of what it tells of."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.letters.writing import write_to
from app.models import Role, TopUp, User
from app.pricing import credits
from app.topups.prices import money


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
    lines.append("A receipt in PDF is on the top-up's page.")
    _write(session, top_up, f"Top-up {top_up.reference} approved", lines)


def tell_rejected(session: Session, top_up: TopUp) -> None:
    """Staff did not accept the receipt."""
    lines = [
        f"Your top-up {top_up.reference} ({credits(top_up.amount)} credits, "
        f"{money(top_up.paid, top_up.currency)}) was not accepted.",
        f"The reason: {top_up.reason}",
        "Nothing was added to your credit. You can upload another receipt on the top-up's page, without paying again.",
    ]
    _write(session, top_up, f"Top-up {top_up.reference} not accepted", lines)


def _write(session: Session, top_up: TopUp, subject: str, lines: Sequence[str]) -> None:
    for person in people_of_money(session, top_up.account_id, and_user_id=top_up.user_id):
        write_to(session, person, subject, "\n\n".join([f"Hello {person.name},", *lines, "Carillon"]) + "\n")
