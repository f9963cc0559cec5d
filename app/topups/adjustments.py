"""Corrections of a balance by hand. Above the limit that staff set, a second person confirms; each is posted once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.desk.interest import interest_in
from app.desk.settings import desk_settings
from app.errors import CarillonError, Conflict, NotFound
from app.language import gettext
from app.ledger import transfers
from app.models import Account, Adjustment, User
from app.pricing import credits
from app.topups.alone import LATELY, hold_count, may_still_make
from app.topups.alone import POSTED as POSTED
from app.topups.telling import tell_adjusted

WAITING: Final = "waiting"
REFUSED: Final = "refused"


class AdjustmentRefused(CarillonError):
    """An adjustment that cannot be; the message tells why."""


def request(
    session: Session, actor: Actor, account_id: int, amount: int, reason: str, request_key: str
) -> Adjustment:
    """Correct the balance by `amount` millicredits, up or down: at once, or once a second person has confirmed.

    What one person may move on an account without a second is counted over a day, and so is what they may add to all
    accounts together.

    `request_key` names this filling of the form: sent twice, it is one adjustment. Raises AdjustmentRefused, also
    for an account in which the person has an interest.
    """
    if not reason.strip():
        raise AdjustmentRefused(
            gettext("Say what the adjustment is for. The client reads it in their statement.")
        )
    if amount == 0 or abs(amount) > transfers.LARGEST_AMOUNT:
        raise AdjustmentRefused(gettext("Enter an amount of credits other than 0."))
    hold_count(session, actor.user_id)
    if session.get(Account, account_id, with_for_update={"key_share": True}) is None:
        raise NotFound(gettext("There is no such account."))
    earlier = session.scalar(select(Adjustment).where(Adjustment.request_key == request_key))
    if earlier is not None:
        return _same(earlier, actor, account_id, amount)
    _require_no_interest(session, actor, account_id)
    adjustment = Adjustment(
        account_id=account_id,
        amount=amount,
        reason=reason.strip(),
        request_key=request_key,
        state=WAITING,
        requested_by=actor.user_id,
    )
    session.add(adjustment)
    try:
        session.flush()
    except IntegrityError as error:  # the same form for another account, in this very moment
        raise Conflict(gettext("This form was sent before. Open the page again.")) from error
    audit_log.record(
        session,
        actor,
        "adjustment.request",
        f"adjustment:{adjustment.id}",
        account_id=account_id,
        after={"amount": amount, "reason": adjustment.reason},
    )
    if _may_go_alone(session, adjustment):
        _decide(session, actor, adjustment, POSTED)
    return adjustment


def confirm(session: Session, actor: Actor, adjustment_id: int) -> Adjustment:
    """Post what a colleague asked for.

    Raises NotFound, AdjustmentRefused for one's own and for an account of one's own, Conflict when decided.
    """
    adjustment = _waiting(session, adjustment_id)
    if adjustment.requested_by == actor.user_id:
        raise AdjustmentRefused(gettext("A second person has to confirm this: you asked for it yourself."))
    _require_no_interest(session, actor, adjustment.account_id)
    _decide(session, actor, adjustment, POSTED)
    return adjustment


def refuse(session: Session, actor: Actor, adjustment_id: int) -> Adjustment:
    """Drop a waiting adjustment; who asked for it may do so too. Raises NotFound, Conflict when decided."""
    adjustment = _waiting(session, adjustment_id)
    _decide(session, actor, adjustment, REFUSED)
    return adjustment


def waiting_lines(session: Session) -> Sequence[tuple[Adjustment, User]]:
    """What waits for a second person, with who asked for it, oldest first."""
    return session.execute(
        select(Adjustment, User)
        .join(User, User.id == Adjustment.requested_by)
        .where(Adjustment.state == WAITING)
        .order_by(Adjustment.id)
        .limit(100)
    ).all()


def of_account(session: Session, account_id: int) -> Sequence[Adjustment]:
    """The account's newest adjustments, whatever became of them."""
    return session.scalars(
        select(Adjustment).where(Adjustment.account_id == account_id).order_by(Adjustment.id.desc()).limit(20)
    ).all()


def _same(earlier: Adjustment, actor: Actor, account_id: int, amount: int) -> Adjustment:
    if (earlier.account_id, earlier.amount, earlier.requested_by) != (account_id, amount, actor.user_id):
        raise Conflict(gettext("This form was sent before with other contents. Open the page again."))
    return earlier


def _require_no_interest(session: Session, actor: Actor, account_id: int) -> None:
    """Raises AdjustmentRefused for an account in which who acts has an interest."""
    staff = session.get(User, actor.user_id) if actor.user_id is not None else None
    if staff is not None and (words := interest_in(session, staff, account_id)):
        raise AdjustmentRefused(words)


def _may_go_alone(session: Session, adjustment: Adjustment) -> bool:
    """Whether no second person is needed: neither by what was moved on this account, nor by what was made in all."""
    moved = abs(adjustment.amount) + _moved_alone_lately(session, adjustment)
    if moved > desk_settings(session).adjustment_second_person_above:
        return False
    return adjustment.amount < 0 or adjustment.amount <= may_still_make(session, adjustment.requested_by)


def _moved_alone_lately(session: Session, adjustment: Adjustment) -> int:
    """What the same person moved on this account alone within a day, so that the limit is not cut into slices."""
    moved = session.scalar(
        select(func.sum(func.abs(Adjustment.amount))).where(
            Adjustment.account_id == adjustment.account_id,
            Adjustment.requested_by == adjustment.requested_by,
            Adjustment.decided_by == adjustment.requested_by,
            Adjustment.state == POSTED,
            Adjustment.created_at > now() - LATELY,
        )
    )
    return int(moved or 0)


def _waiting(session: Session, adjustment_id: int) -> Adjustment:
    adjustment = session.get(Adjustment, adjustment_id)
    if adjustment is None:
        raise NotFound(gettext("There is no such adjustment."))
    return adjustment


def _decide(session: Session, actor: Actor, adjustment: Adjustment, state: str) -> None:
    """Decide a waiting adjustment, by compare-and-set; posted ones move the balance, which never falls below zero."""
    moved = session.execute(
        update(Adjustment)
        .where(Adjustment.id == adjustment.id, Adjustment.state == WAITING)
        .values(state=state, decided_by=actor.user_id, decided_at=now())
        .execution_options(synchronize_session="fetch")
    )
    assert isinstance(moved, CursorResult)
    if moved.rowcount != 1:
        raise Conflict(
            gettext("This adjustment has been decided in the meantime. Reload the page to see how.")
        )
    audit_log.record(
        session,
        actor,
        f"adjustment.{'post' if state == POSTED else 'refuse'}",
        f"adjustment:{adjustment.id}",
        account_id=adjustment.account_id,
        after={"amount": adjustment.amount, "reason": adjustment.reason},
    )
    if state == POSTED:
        _post(session, actor, adjustment)


def _post(session: Session, actor: Actor, adjustment: Adjustment) -> None:
    try:
        entry = transfers.adjust(
            session,
            adjustment.account_id,
            adjustment.amount,
            f"adjustment:{adjustment.id}",
            user_id=actor.user_id,
            note=adjustment.reason,
        )
    except Conflict as error:
        available = session.scalar(select(Account.available).where(Account.id == adjustment.account_id)) or 0
        raise AdjustmentRefused(
            gettext(
                "Only %(available)s credits are available, so %(amount)s cannot be taken away.",
                available=credits(available),
                amount=credits(-adjustment.amount),
            )
        ) from error
    tell_adjusted(session, adjustment, entry.available_after)
