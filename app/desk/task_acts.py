"""Pausing, resuming, moving and cancelling a submitted task, on the record: by its owner's people and by staff."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.desk import audit_log
from app.desk.audit_log import Actor
from app.models import Task
from app.sending import steering
from app.sending.lookup import task_of


def pause(
    session: Session,
    actor: Actor,
    account_id: int,
    public_id: str,
    *,
    by_staff: bool = False,
    reason: str | None = None,
) -> Task:
    """See `app.sending.steering.pause`."""
    was = _standing(session, account_id, public_id)
    task = steering.pause(session, account_id, public_id, by_staff=by_staff, reason=reason)
    return _recorded(session, actor, "task.pause", task, was)


def resume(
    session: Session, actor: Actor, account_id: int, public_id: str, *, by_staff: bool = False
) -> Task:
    """See `app.sending.steering.resume`."""
    was = _standing(session, account_id, public_id)
    task = steering.resume(session, account_id, public_id, by_staff=by_staff)
    return _recorded(session, actor, "task.resume", task, was)


def cancel(
    session: Session, actor: Actor, account_id: int, public_id: str, *, by_staff: bool = False
) -> Task:
    """See `app.sending.steering.cancel`."""
    was = _standing(session, account_id, public_id)
    task = steering.cancel(session, account_id, public_id, by_staff=by_staff)
    return _recorded(session, actor, "task.cancel", task, was)


def move(
    session: Session,
    actor: Actor,
    account_id: int,
    public_id: str,
    moment: datetime,
    *,
    seen: datetime | None = None,
) -> Task:
    """See `app.sending.steering.move`."""
    was = task_of(session, account_id, public_id).scheduled_at
    task = steering.move(session, account_id, public_id, moment, seen=seen)
    if was != moment:
        audit_log.record(
            session,
            actor,
            "task.move",
            f"task:{task.id}",
            account_id=account_id,
            before={"scheduled_at": was.isoformat() if was else None},
            after={"scheduled_at": moment.isoformat()},
        )
    return task


def _standing(session: Session, account_id: int, public_id: str) -> dict[str, str | None]:
    """What the record says of a task before and after."""
    task = task_of(session, account_id, public_id)
    return {"state": task.state, "reason": task.state_reason}


def _recorded(session: Session, actor: Actor, action: str, task: Task, before: dict[str, str | None]) -> Task:
    """A second click that found the work done leaves no second line."""
    after = {"state": task.state, "reason": task.state_reason}
    if before != after:
        audit_log.record(
            session,
            actor,
            action,
            f"task:{task.id}",
            account_id=task.account_id,
            before=before,
            after=after,
        )
    return task
