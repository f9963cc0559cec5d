"""Who wrote to a number lately, and whose suppression lists it is on."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.models import Message, Suppression, Task

E164 = "+60123456701"


def left(session: Session, owner_id: int | None, hours_ago: float | None) -> None:
    """The account's newest message goes to the number, and left that long ago, or waits."""
    task = session.scalar(select(Task).where(Task.account_id == owner_id).order_by(Task.id.desc()))
    assert task is not None
    sent_at = None if hours_ago is None else now() - timedelta(hours=hours_ago)
    with write_transaction(session):
        session.execute(update(Message).where(Message.task_id == task.id).values(e164=E164, sent_at=sent_at))


def lists(session: Session) -> list[tuple[int | None, str, str]]:
    """The account, the number and the source of each entry."""
    session.rollback()
    rows = session.scalars(select(Suppression).order_by(Suppression.account_id))
    return [(row.account_id, row.e164, row.source) for row in rows]
