"""What waits for staff, and how the day goes: a few cheap queries, asked for on every page of the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import CarillonError, NotFound
from app.language import gettext
from app.models import (
    Adjustment,
    SenderIdRequest,
    StaffAlert,
    SubmittedDay,
    Task,
    TaskState,
    TemplateState,
    Ticket,
    TopUp,
    TopUpState,
    WhatsAppTemplate,
)


class NoteMissing(CarillonError):
    """An alert is not dismissed without a word on what was done."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of each thing wait for somebody of our staff."""

    top_ups: int
    held_tasks: int
    tickets: int
    sender_ids: int
    adjustments: int
    templates: int
    alerts: int


NOTHING_WAITS: Final = Waiting(0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Volume:
    """What was submitted on a day: tasks, messages by what became of them, and credits in millicredits."""

    tasks: int
    messages: int
    sent: int
    failed: int
    price: int


def waiting(session: Session) -> Waiting:
    """All counts in one query; an index on the state answers each."""
    held = TopUpState.WAITING, TopUpState.CONFIRMING
    counts = (
        select(func.count(TopUp.id)).where(TopUp.state.in_(held)),
        select(func.count(Task.id)).where(Task.state == TaskState.HELD),
        select(func.count(Ticket.id)).where(Ticket.state == "open"),
        select(func.count(SenderIdRequest.id)).where(SenderIdRequest.state == "waiting"),
        select(func.count(Adjustment.id)).where(Adjustment.state == "waiting"),
        select(func.count(WhatsAppTemplate.id)).where(WhatsAppTemplate.state == TemplateState.SUBMITTED),
        select(func.count(StaffAlert.id)),
    )
    row = session.execute(select(*(count.scalar_subquery() for count in counts))).one()
    return Waiting(*row)


def volume(session: Session, day: date) -> Volume:
    """What clients have submitted on that day of UTC, from the sums that are kept of each route."""
    names = ("tasks", "messages", "sent", "failed", "price")
    sums = (func.coalesce(func.sum(getattr(SubmittedDay, name)), 0) for name in names)
    row = session.execute(select(*sums).where(SubmittedDay.day == day)).one()
    return Volume(*(int(number) for number in row))


def dismiss_alert(session: Session, actor: Actor, alert_id: int, note: str) -> None:
    """Take an alert off the desk, with a word on what was done; the audit log keeps both.

    Raises NoteMissing, and NotFound when it is gone: somebody else was quicker, or the trouble is over.
    """
    if not note.strip():
        raise NoteMissing(gettext("Write what was done about it, or why nothing is to be done."))
    alert = session.get(StaffAlert, alert_id, with_for_update=True)
    if alert is None:
        raise NotFound(gettext("This alert is gone: somebody dismissed it, or the trouble is over."))
    audit_log.record(
        session,
        actor,
        "alert.dismiss",
        f"alert:{alert.key}"[:100],
        account_id=alert.account_id,
        # The log is never erased, and the words of a task are: its alert's key names the task.
        before=None if alert.key.startswith("content:") else {"text": alert.text},
        after={"note": note.strip()[:500]},
    )
    session.delete(alert)
    session.flush()
