"""The client's side of a top-up: begin it, upload the receipt, cancel it, see where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import Conflict, NotFound, TopUpRefused
from app.language import gettext, mark, thousands
from app.models import Account, TopUp, TopUpState
from app.pricing import MILLICREDITS
from app.topups.plans import plan_for, tiers_of
from app.topups.prices import Price, money, price_of
from app.topups.receipts import Receipt
from app.topups.references import new_reference
from app.topups.states import IN_QUEUE, OPEN, lock_top_up, move_top_up

MOST_OPEN: Final = 10  # of one account at a time

_CANNOT_CANCEL: Final = {
    TopUpState.CONFIRMING: mark(
        "Staff are confirming this top-up just now, so it cannot be cancelled any more."
    ),
    TopUpState.APPROVED: mark("This top-up was approved, so there is nothing left to cancel."),
    TopUpState.REJECTED: mark("This top-up was rejected, so there is nothing left to cancel."),
}


def quote(session: Session, account_id: int, credits: int, plan_id: int | None) -> tuple[Price, int, str]:
    """What so many whole credits cost the account now, with the plan's id and currency. Raises TopUpRefused."""
    plan = plan_for(session, account_id, plan_id)
    try:
        return price_of(credits, tiers_of(plan)), plan.id, plan.currency
    except ValueError as error:
        raise TopUpRefused(str(error)) from None


def start(
    session: Session,
    actor: Actor,
    account_id: int,
    user_id: int,
    *,
    credits: int,
    plan_id: int | None,
    shown_total: int,
) -> TopUp:
    """Begin a top-up at the price that the client was shown, and give it a reference.

    A second click finds the first one's draft. Raises Conflict when the price has changed since it was shown, and
    TopUpRefused for an amount the plan does not sell or too many open top-ups.
    """
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))
    price, plan_id, currency = quote(session, account_id, credits, plan_id)
    if price.total != shown_total:
        raise Conflict(
            gettext(
                "The price has changed: %(credits)s credits now cost %(total)s. Look at it again "
                "before you go on.",
                credits=thousands(credits),
                total=money(price.total, currency),
            )
        )
    draft = session.scalar(
        select(TopUp).where(
            TopUp.account_id == account_id,
            TopUp.user_id == user_id,
            TopUp.state == TopUpState.DRAFT,
            TopUp.plan_id == plan_id,
            TopUp.amount == credits * MILLICREDITS,
            TopUp.paid == price.total,
        )
    )
    if draft is not None:
        return draft
    _require_room(session, account_id)
    top_up = TopUp(
        account_id=account_id,
        user_id=user_id,
        plan_id=plan_id,
        amount=credits * MILLICREDITS,
        paid=price.total,
        currency=currency,
        reference=_unused_reference(session),
    )
    session.add(top_up)
    session.flush()
    audit_log.record(
        session,
        actor,
        "top_up.start",
        f"top_up:{top_up.id}",
        account_id=account_id,
        after={"amount": top_up.amount, "paid": money(price.total, currency), "reference": top_up.reference},
    )
    return top_up


def may_take_receipt(top_up: TopUp) -> bool:
    """Whether a receipt may be uploaded now: first, or again after a rejection."""
    return top_up.state in (TopUpState.DRAFT, TopUpState.REJECTED)


def attach_receipt(
    session: Session, actor: Actor, account_id: int, public_id: str, receipt: Receipt, bank_reference: str
) -> TopUp:
    """Put the top-up into the queue with this receipt. Raises NotFound, and Conflict when it is past that."""
    top_up = lock_top_up(session, public_id, account_id=account_id)
    if not may_take_receipt(top_up):
        raise Conflict(
            gettext("A receipt for this top-up has been uploaded already. Its state is shown below.")
        )
    move_top_up(
        session,
        top_up,
        TopUpState.WAITING,
        submitted_at=now(),
        receipt_key=receipt.key,
        receipt_type=receipt.type,
        receipt_name=receipt.name,
        receipt_hash=receipt.hash,
        bank_reference=tidy_bank_reference(bank_reference),
        decided_by=None,
        decided_at=None,
        confirmed_by=None,
        confirmed_at=None,
        approved_amount=None,
    )
    audit_log.record(
        session,
        actor,
        "top_up.receipt",
        f"top_up:{top_up.id}",
        account_id=account_id,
        after={"receipt_hash": receipt.hash, "file": receipt.name, "key": receipt.key},
    )
    return top_up


def cancel(session: Session, actor: Actor, account_id: int, public_id: str) -> TopUp:
    """Give the top-up up. One that is cancelled already stays so. Raises NotFound, Conflict when it is too late."""
    top_up = lock_top_up(session, public_id, account_id=account_id)
    if top_up.state == TopUpState.CANCELLED:
        return top_up
    if words := _CANNOT_CANCEL.get(TopUpState(top_up.state)):
        raise Conflict(gettext(words))
    move_top_up(session, top_up, TopUpState.CANCELLED, decided_at=now())
    audit_log.record(session, actor, "top_up.cancel", f"top_up:{top_up.id}", account_id=account_id)
    return top_up


def tidy_bank_reference(written: str) -> str | None:
    """The bank's number of a transfer in one form: capital letters and digits. None where nothing is left."""
    return "".join(sign for sign in written.upper() if sign.isalnum())[:40] or None


def top_up_of(session: Session, account_id: int, public_id: str) -> TopUp:
    """One of the account's top-ups. Raises NotFound."""
    top_up = session.scalar(select(TopUp).where(TopUp.account_id == account_id, TopUp.public_id == public_id))
    if top_up is None:
        raise NotFound(gettext("There is no such top-up."))
    return top_up


def open_top_ups(session: Session, account_id: int) -> Sequence[TopUp]:
    """What still waits for the client or for staff, oldest first."""
    return session.scalars(
        select(TopUp).where(TopUp.account_id == account_id, TopUp.state.in_(OPEN)).order_by(TopUp.id)
    ).all()


def place_in_queue(session: Session, top_up: TopUp) -> int | None:
    """1 for the one that staff look at next; None for one that is not in the queue."""
    if top_up.state not in IN_QUEUE or top_up.submitted_at is None:
        return None
    earlier = or_(
        TopUp.submitted_at < top_up.submitted_at,
        (TopUp.submitted_at == top_up.submitted_at) & (TopUp.id < top_up.id),
    )
    before = session.scalar(select(func.count(TopUp.id)).where(TopUp.state.in_(IN_QUEUE), earlier))
    return 1 + (before or 0)


def _require_room(session: Session, account_id: int) -> None:
    open_now = session.scalar(
        select(func.count(TopUp.id)).where(TopUp.account_id == account_id, TopUp.state.in_(OPEN))
    )
    if (open_now or 0) >= MOST_OPEN:
        raise TopUpRefused(
            gettext(
                "There are %(most_open)s open top-ups already. Upload their receipts, or cancel "
                "those you will not pay.",
                most_open=MOST_OPEN,
            )
        )


def _unused_reference(session: Session) -> str:
    while True:
        reference = new_reference()
        if session.scalar(select(TopUp.id).where(TopUp.reference == reference)) is None:
            return reference
