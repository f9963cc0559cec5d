"""A submitted task's history, who did what with it, and what was accepted when it was submitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.language import gettext, mark
from app.models import AuditEvent, Task, TaskState, TermsAcceptance, User

_ACTS: Final[dict[str, str]] = {
    "task.pause": mark("Paused by %(who)s."),
    "task.resume": mark("Resumed by %(who)s."),
    "task.cancel": mark("Cancelled by %(who)s. What had not left was released."),
    "task.move": mark("Moved to another time by %(who)s."),
    "task.release": mark("Looked at and released by %(who)s."),
    "task.reject": mark("Looked at and not released by %(who)s."),
}
_EVENTS_READ: Final = 200


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to the task; `note` is a reason that was given for it."""

    at: datetime
    words: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Who submitted the task and what they accepted. `terms_accepted_at` is when they first accepted that version."""

    name: str
    email: str
    submitted_at: datetime | None
    terms_version: str | None
    ip: str | None
    terms_accepted_at: datetime | None


def acceptance_of(session: Session, task: Task) -> Acceptance:
    """Who submitted it, and what they accepted."""
    first = session.scalar(
        select(TermsAcceptance.at)
        .where(TermsAcceptance.user_id == task.user_id, TermsAcceptance.version == task.terms_version)
        .order_by(TermsAcceptance.id)
        .limit(1)
    )
    user = session.get_one(User, task.user_id)
    return Acceptance(user.name, user.email, task.submitted_at, task.terms_version, task.terms_ip, first)


def story_of(session: Session, task: Task) -> list[Happening]:
    """What happened to the task itself, in order. Staff are never named to a client."""
    events = _events(session, task)
    story = [Happening(task.created_at, gettext("Begun."))]
    if task.submitted_at is not None:
        who = session.get_one(User, task.user_id).name
        words = gettext("Submitted by %(who)s, and its price held.", who=who)
        story.append(Happening(task.submitted_at, words))
    if task.started_at is not None:
        story.append(Happening(task.started_at, gettext("Began to send.")))
    people = _own_people(session, task, events)
    for event in events:
        if event.action == "task.resume" and _was_stopped_by_itself(event):
            # No person paused it, so the reason stands only in what the one who resumed it found.
            story.append(Happening(event.at, gettext("It had paused by itself."), _reason(event.before)))
        who = people.get(event.actor_id or 0) or gettext("our staff")
        note = _reason(event.after) if event.actor_id not in people else None
        story.append(Happening(event.at, gettext(_ACTS[event.action], who=who), note))
    if task.finished_at is not None and task.state == TaskState.DONE:
        story.append(Happening(task.finished_at, gettext("Finished: the last message had left.")))
    return sorted(story, key=lambda happening: happening.at)


def _events(session: Session, task: Task) -> Sequence[AuditEvent]:
    return session.scalars(
        select(AuditEvent)
        .where(
            AuditEvent.account_id == task.account_id,
            AuditEvent.subject == f"task:{task.id}",
            AuditEvent.action.in_(_ACTS),
        )
        .order_by(AuditEvent.id)
        .limit(_EVENTS_READ)
    ).all()


def _own_people(session: Session, task: Task, events: Sequence[AuditEvent]) -> dict[int, str]:
    """The names of those who are of the account."""
    ids = {event.actor_id for event in events if event.actor_id is not None}
    rows = session.execute(
        select(User.id, User.name).where(User.id.in_(ids), User.account_id == task.account_id)
    )
    return {row.id: row.name for row in rows}


def _was_stopped_by_itself(event: AuditEvent) -> bool:
    reason = _reason(event.before) or ""
    return bool(reason) and not reason.startswith(("Paused by", "Cancelled by"))


def _reason(values: Any) -> str | None:
    reason = (values or {}).get("reason")
    return reason if isinstance(reason, str) else None
