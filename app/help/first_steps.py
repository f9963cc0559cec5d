"""The first steps of somebody who is new: three at most, by what they may do, ticked off by what has been done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from app.clock import now
from app.models import Account, NoticeChoice, Role, Task, TaskKind, User

# By role: names that partials/first_steps.html has the words for.
STEPS: Final[dict[str, tuple[str, ...]]] = {
    Role.OWNER: ("credit", "try", "bulk"),
    Role.SENDER: ("try", "bulk", "notices"),
    Role.BILLING: ("credit", "mark", "notices"),
    Role.VIEWER: ("records", "notices"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """`done` is told by what is there, whoever of the account did it."""

    name: str
    done: bool


def steps_of(session: Session, user: User) -> list[Step]:
    """This person's first steps; none for staff."""
    return [Step(name, _is_done(session, user, name)) for name in STEPS.get(user.role, ())]


def shown_steps(session: Session, user: User) -> list[Step]:
    """What the overview shows: the steps, until they are dismissed or all done."""
    if user.toured_at is not None:
        return []
    steps = steps_of(session, user)
    return [] if all(step.done for step in steps) else steps


def dismiss(user: User) -> None:
    """Show them no more; a second time changes nothing."""
    user.toured_at = user.toured_at or now()


def show_again(user: User) -> None:
    """Show them on the overview again."""
    user.toured_at = None


def _is_done(session: Session, user: User, name: str) -> bool:
    submitted = Task.account_id == user.account_id, Task.submitted_at.is_not(None)
    conditions: dict[str, ColumnElement[bool]] = {
        "credit": exists().where(
            Account.id == user.account_id,
            or_(Account.available > 0, Account.held > 0, exists().where(*submitted)),
        ),
        "try": exists().where(*submitted),
        "bulk": exists().where(*submitted, Task.kind == TaskKind.BULK),
        "mark": exists().where(Account.id == user.account_id, Account.low_balance.is_not(None)),
        "notices": exists().where(NoticeChoice.user_id == user.id),
    }
    return name in conditions and bool(session.scalar(select(conditions[name])))
