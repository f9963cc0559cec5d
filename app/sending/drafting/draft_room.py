"""How many drafts an account may have: at the checks at once, and kept at all. Neither costs the account anything."""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import TaskRefused
from app.language import gettext as _
from app.models import Task, TaskState
from app.sending.states import DRAFT_STATES

MOST_CHECKED: Final = 10  # the workers that check serve all accounts, one after another
MOST_KEPT: Final = 200  # each with thousands of rows, and a file of 10 MB at most


def require_turn(session: Session, account_id: int) -> None:
    """Raises TaskRefused where so many of the account's drafts are being checked that others would wait for it."""
    if _count(session, account_id, {TaskState.CHECKING}) >= MOST_CHECKED:
        raise TaskRefused(
            _(
                "%(most)s tasks of your account are being checked, and that is as many as go at once. "
                "Wait until one is done, then try again.",
                most=MOST_CHECKED,
            )
        )


def require_place(session: Session, account_id: int) -> None:
    """Raises TaskRefused where the account keeps so many drafts that one could fill the disk with them."""
    if _count(session, account_id, DRAFT_STATES - {TaskState.DISCARDED}) >= MOST_KEPT:
        raise TaskRefused(
            _(
                "Your account has %(most)s drafts, and that is as many as it may keep. "
                "Discard some that you do not need, then try again.",
                most=MOST_KEPT,
            )
        )


def _count(session: Session, account_id: int, states: frozenset[TaskState] | set[TaskState]) -> int:
    counted = select(func.count(Task.id)).where(Task.account_id == account_id, Task.state.in_(states))
    return session.scalar(counted) or 0
