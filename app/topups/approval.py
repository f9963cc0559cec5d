"""Staff's decisions on top-ups. Credit comes in here, once per top-up, and nowhere else.

Three things each make sure of "once": the top-up's row is locked and its state compared while it is set; the ledger
takes the key `topup:<id>` a single time; and what was decided before is answered with ALREADY, not done again.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.desk.interest import interest_in
from app.desk.settings import desk_settings
from app.errors import Conflict, NotAllowed, TopUpRefused
from app.language import gettext, thousands
from app.ledger import transfers
from app.models import TopUp, TopUpState, User
from app.pricing import MILLICREDITS, credits
from app.topups.alone import LATELY, hold_count, may_still_make
from app.topups.low_balance import note_rise
from app.topups.prices import MOST_CREDITS
from app.topups.states import lock_top_up, move_top_up
from app.topups.telling import tell_approved, tell_rejected


class Outcome(StrEnum):
    """What a click came to."""

    CREDITED = "credited"
    NEEDS_SECOND = "needs_second"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"
    ALREADY = "already"


def approve(
    session: Session, actor: Actor, staff: User, public_id: str, *, amount: int, reason: str, seen: str
) -> Outcome:
    """Credit `amount` millicredits, or, above what this person may approve alone, note it for a second to confirm.

    `seen` is the hash of the receipt that was looked at. An amount other than the client's needs a reason, which
    the client is told. Raises NotFound, NotAllowed (see `may_not_decide`), TopUpRefused, and Conflict when the receipt
    or the state has changed since.
    """
    top_up = _taken_up(session, staff, public_id)
    if top_up.state == TopUpState.APPROVED:
        return Outcome.ALREADY
    if top_up.state == TopUpState.CONFIRMING:
        if top_up.decided_by == staff.id:
            return Outcome.ALREADY
        raise Conflict(
            gettext("Somebody approved this a moment ago, and asks you to confirm. Look at it once more.")
        )
    _require_seen(top_up, seen)
    _require_amount(top_up, amount, reason)
    values = {
        "approved_amount": amount,
        "reason": reason or None,
        "decided_by": staff.id,
        "decided_at": now(),
    }
    hold_count(session, staff.id)
    if amount > may_approve_alone(session, staff, top_up):
        move_top_up(session, top_up, TopUpState.CONFIRMING, **values)
        _record(session, actor, top_up, "top_up.first_approve", amount=amount, reason=reason)
        return Outcome.NEEDS_SECOND
    move_top_up(session, top_up, TopUpState.APPROVED, **values)
    return _credit(session, actor, top_up, staff)


def confirm(session: Session, actor: Actor, staff: User, public_id: str, *, seen: str) -> Outcome:
    """Credit what somebody else approved, exactly as they did.

    Raises NotFound, NotAllowed, also for the person who approved it, and Conflict as `approve` does.
    """
    top_up = _taken_up(session, staff, public_id)
    if top_up.state == TopUpState.APPROVED:
        return Outcome.ALREADY
    if top_up.state != TopUpState.CONFIRMING:
        raise Conflict(
            gettext("This top-up is %(state)s now, so there is nothing to confirm.", state=top_up.state)
        )
    if top_up.decided_by == staff.id:
        raise NotAllowed(gettext("You approved this top-up. A different member of staff must confirm it."))
    _require_seen(top_up, seen)
    move_top_up(session, top_up, TopUpState.APPROVED, confirmed_by=staff.id, confirmed_at=now())
    return _credit(session, actor, top_up, staff)


def reject(session: Session, actor: Actor, staff: User, public_id: str, *, reason: str, seen: str) -> Outcome:
    """Refuse the receipt, with a reason that the client can act on.

    Raises NotFound, NotAllowed, TopUpRefused without a reason, and Conflict as `approve` does.
    """
    top_up = _taken_up(session, staff, public_id)
    if top_up.state == TopUpState.REJECTED:
        return Outcome.ALREADY
    if not reason:
        raise TopUpRefused(gettext("Say why, so that the client knows what to do."))
    _require_seen(top_up, seen)
    move_top_up(
        session,
        top_up,
        TopUpState.REJECTED,
        reason=reason,
        approved_amount=None,
        decided_by=staff.id,
        decided_at=now(),
    )
    _record(session, actor, top_up, "top_up.reject", reason=reason)
    tell_rejected(session, top_up)
    return Outcome.REJECTED


def send_back(session: Session, actor: Actor, staff: User, public_id: str, *, reason: str) -> Outcome:
    """Take a first approval back, so that the top-up waits again. The client is not told.

    Raises NotFound, NotAllowed, TopUpRefused without a reason, Conflict when there is no first approval.
    """
    top_up = _taken_up(session, staff, public_id)
    if top_up.state != TopUpState.CONFIRMING:
        raise Conflict(
            gettext(
                "This top-up is %(state)s now, so there is no first approval to take back.",
                state=top_up.state,
            )
        )
    if not reason:
        raise TopUpRefused(gettext("Say why, so that whoever looks next knows."))
    move_top_up(
        session,
        top_up,
        TopUpState.WAITING,
        approved_amount=None,
        reason=None,
        decided_by=None,
        decided_at=None,
    )
    _record(session, actor, top_up, "top_up.send_back", reason=reason)
    return Outcome.SENT_BACK


def may_not_decide(session: Session, staff: User, top_up: TopUp) -> str | None:
    """Why this person may not decide on this top-up; None when they may.

    They may not when they asked for it themselves, or have an interest in the account (see `interest_in`).
    """
    if staff.id == top_up.user_id:
        return gettext("You belong to this account, so somebody else must decide on its credit.")
    return interest_in(session, staff, top_up.account_id)


def may_approve_alone(session: Session, staff: User, top_up: TopUp) -> int:
    """How many millicredits of this top-up the person may credit without a second, by what they did within a day.

    Counted on the account, as adjustments are, so that the limit is not cut into slices; and over all accounts,
    together with adjustments.
    """
    here = session.scalar(
        select(func.sum(TopUp.approved_amount)).where(
            TopUp.account_id == top_up.account_id,
            TopUp.decided_by == staff.id,
            TopUp.decided_at > now() - LATELY,
            TopUp.state == TopUpState.APPROVED,
            TopUp.confirmed_by.is_(None),
        )
    )
    left_here = desk_settings(session).top_up_second_person_above - int(here or 0)
    return max(0, min(left_here, may_still_make(session, staff.id)))


def _taken_up(session: Session, staff: User, public_id: str) -> TopUp:
    """The top-up, locked, if this person may decide on it. Raises NotFound, NotAllowed."""
    top_up = lock_top_up(session, public_id)
    if not staff.is_staff:
        raise NotAllowed(gettext("Only staff decide on top-ups."))
    if words := may_not_decide(session, staff, top_up):
        raise NotAllowed(words)
    return top_up


def _require_seen(top_up: TopUp, seen: str) -> None:
    if seen != top_up.receipt_hash:
        raise Conflict(
            gettext(
                "The client has uploaded another receipt since you opened this page. Look at the new one."
            )
        )


def _require_amount(top_up: TopUp, amount: int, reason: str) -> None:
    if not 0 < amount <= MOST_CREDITS * MILLICREDITS:
        raise TopUpRefused(
            gettext(
                "Credit between 0.001 and %(most_credits)s credits, or reject the top-up.",
                most_credits=thousands(MOST_CREDITS),
            )
        )
    if amount != top_up.amount and not reason:
        raise TopUpRefused(
            gettext(
                "The client asked for %(amount)s credits. Say why you credit %(amount2)s; they are told.",
                amount=credits(top_up.amount),
                amount2=credits(amount),
            )
        )


def _credit(session: Session, actor: Actor, top_up: TopUp, staff: User) -> Outcome:
    amount = top_up.approved_amount
    assert amount is not None  # set with the first approval, in one statement with the state
    entry = transfers.top_up(
        session,
        top_up.account_id,
        amount,
        f"topup:{top_up.id}",
        user_id=staff.id,
        note=f"Top-up {top_up.reference}",
    )
    note_rise(session, top_up.account_id)
    _record(session, actor, top_up, "top_up.approve", amount=amount, reason=top_up.reason)
    tell_approved(session, top_up, entry.available_after)
    return Outcome.CREDITED


def _record(session: Session, actor: Actor, top_up: TopUp, action: str, **after: object) -> None:
    told = {name: value for name, value in after.items() if value}
    audit_log.record(
        session,
        actor,
        action,
        f"top_up:{top_up.id}",
        account_id=top_up.account_id,
        before={"claimed": top_up.amount},
        after={"reference": top_up.reference, **told},
    )
