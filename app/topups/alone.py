"""How much credit a member of staff may make by themselves within a day.

Top-ups and corrections are two doors to the same balance, so both ask here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.desk.settings import desk_settings
from app.models import Adjustment, TopUp, TopUpState, User

LATELY: Final = timedelta(days=1)
POSTED: Final = "posted"  # an adjustment that moved the balance


def hold_count(session: Session, staff_id: int | None) -> None:
    """Have whatever else this person does alone wait, so that of two acts at one moment the second counts the first.

    To be taken before the account's lock.
    """
    session.execute(select(User.id).where(User.id == staff_id).with_for_update(key_share=True))


def may_still_make(session: Session, staff_id: int | None) -> int:
    """How many more millicredits the person may make alone, for all accounts together, by what they made in a day.

    So that one stolen sign-in makes no more credit than the desk stands for.
    """
    approved = session.scalar(
        select(func.sum(TopUp.approved_amount)).where(
            TopUp.decided_by == staff_id,
            TopUp.decided_at > now() - LATELY,
            TopUp.state == TopUpState.APPROVED,
            TopUp.confirmed_by.is_(None),
        )
    )
    corrected = session.scalar(
        select(func.sum(Adjustment.amount)).where(
            Adjustment.requested_by == staff_id,
            Adjustment.decided_by == staff_id,
            Adjustment.decided_at > now() - LATELY,
            Adjustment.state == POSTED,
            Adjustment.amount > 0,
        )
    )
    made = int(approved or 0) + int(corrected or 0)
    return max(0, desk_settings(session).top_ups_alone_a_day - made)
