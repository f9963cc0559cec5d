"""What the client is told of their credit, in the transaction of what it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.language import decimals
from app.language import gettext as _
from app.models import Adjustment, NoticeKind, Role, TopUp, User
from app.notices.telling import Words, tell
from app.pricing import MILLICREDITS, PRICE_DECIMALS, credits
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

    def words(_person: User) -> Words:
        more = [_("A receipt in PDF is on the top-up's page.")]
        if amount != top_up.amount:
            more.insert(
                0,
                _(
                    "You had asked for %(asked)s credits. Why it differs: %(reason)s",
                    asked=credit_words(top_up.amount),
                    reason=top_up.reason,
                ),
            )
        text = _(
            "%(added)s credits have been added. Available now: %(available)s credits.",
            added=credit_words(amount),
            available=credit_words(available),
        )
        title = _("Top-up %(reference)s approved", reference=top_up.reference)
        return Words(title, text, _page_of(top_up), tuple(more))

    people = people_of_money(session, top_up.account_id, and_user_id=top_up.user_id)
    tell(session, people, NoticeKind.TOP_UP, words, key=f"topup:{top_up.id}:approved")


def tell_rejected(session: Session, top_up: TopUp) -> None:
    """Staff did not accept the receipt."""

    def words(_person: User) -> Words:
        text = _(
            "Your top-up of %(asked)s credits, %(paid)s, was not accepted. The reason: %(reason)s",
            asked=credit_words(top_up.amount),
            paid=money(top_up.paid, top_up.currency),
            reason=top_up.reason,
        )
        more = _(
            "Nothing was added to your credit. You can upload another receipt on the top-up's page, without paying "
            "again."
        )
        title = _("Top-up %(reference)s not accepted", reference=top_up.reference)
        return Words(title, text, _page_of(top_up), (more,))

    people = people_of_money(session, top_up.account_id, and_user_id=top_up.user_id)
    tell(session, people, NoticeKind.TOP_UP, words)  # another receipt may be rejected as well


def tell_adjusted(session: Session, adjustment: Adjustment, available: int) -> None:
    """Staff have corrected the balance; `available` millicredits are there now."""
    amount = credit_words(abs(adjustment.amount))

    def words(_person: User) -> Words:
        if adjustment.amount > 0:
            did = _("Our staff have added to your credit: %(amount)s credits.", amount=amount)
        else:
            did = _("Our staff have taken from your credit: %(amount)s credits.", amount=amount)
        because = _("What for: %(reason)s", reason=adjustment.reason)
        more = (
            _("Available now: %(available)s credits.", available=credit_words(available)),
            _("Every movement is on the page Statement."),
        )
        return Words(_("Your credit was corrected"), f"{did} {because}", STATEMENT, more)

    people = people_of_money(session, adjustment.account_id)
    tell(session, people, NoticeKind.TOP_UP, words, key=f"adjustment:{adjustment.id}")


def credit_words(millicredits: int) -> str:
    """An amount of credits as the reader's language writes it: whole, 5,000; else as on the pages, 5,032.30."""
    return decimals(credits(millicredits, PRICE_DECIMALS if millicredits % MILLICREDITS else 0))


def _page_of(top_up: TopUp) -> str:
    return f"/top-up/{top_up.public_id}"
