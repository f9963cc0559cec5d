"""The queue of held tasks, the oldest first, and the two ways out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.clock import now
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import Conflict, NotFound, TaskRefused
from app.language import gettext, mark
from app.language import gettext as _
from app.models import Account, AuditEvent, NoticeKind, RefusedContent, StaffAlert, Task, TaskState
from app.notices.telling import Words, tell
from app.sending import holding, task_notices

LONGEST_REASON = 500
SHOWN = 100
_RECENT_TASKS = 8
_RECENT_DAYS = timedelta(days=30)
_RELEASED, _REJECTED = "task.release", "task.reject"
_DECIDED = {
    _RELEASED: mark("“%(name)s” was released already, by %(actor)s. Nothing was done twice."),
    _REJECTED: mark("“%(name)s” was rejected already, by %(actor)s. Nothing was done twice."),
}


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """What a reviewer should know of a client. `refused` counts texts of the last 30 days, the others of all time."""

    account: Account
    submitted: int
    released: int
    rejected: int
    refused: int
    alerts: Sequence[StaffAlert]
    tasks: Sequence[Task]


def held_tasks(session: Session) -> Sequence[Task]:
    """The tasks that wait for a decision, the longest waiting first."""
    return session.scalars(
        select(Task)
        .where(Task.state == TaskState.HELD)
        .options(joinedload(Task.account), joinedload(Task.user))
        .order_by(Task.submitted_at, Task.id)
        .limit(SHOWN)
    ).all()


def held_count(session: Session) -> int:
    """How many tasks wait for a decision."""
    return session.scalar(select(func.count()).select_from(Task).where(Task.state == TaskState.HELD)) or 0


def next_held(session: Session, behind: Task | None = None) -> Task | None:
    """The held task that comes behind that one in the queue, or else the one that has waited longest; None for none.

    What a reviewer left for later does not come again before the others have.
    """
    held = select(Task).where(Task.state == TaskState.HELD).order_by(Task.submitted_at, Task.id).limit(1)
    if behind is not None and behind.submitted_at is not None:
        later = and_(Task.submitted_at == behind.submitted_at, Task.id > behind.id)
        following = session.scalar(held.where(or_(Task.submitted_at > behind.submitted_at, later)))
        if following is not None:
            return following
        held = held.where(Task.id != behind.id)
    return session.scalar(held)


def place_of(session: Session, task: Task) -> int:
    """Which of the held tasks it is, the longest waiting being the first."""
    before = or_(
        Task.submitted_at < task.submitted_at,
        and_(Task.submitted_at == task.submitted_at, Task.id < task.id),
    )
    held = select(func.count(Task.id)).where(Task.state == TaskState.HELD, before)
    return (session.scalar(held) or 0) + 1


def submitted_task(session: Session, public_id: str) -> Task | None:
    """The task of that public id, held or not."""
    return session.scalar(select(Task).where(Task.public_id == public_id, Task.submitted_at.is_not(None)))


def held_task(session: Session, public_id: str) -> Task:
    """The held task of that public id. Raises NotFound, and Conflict saying who decided once it is not held."""
    task = session.scalar(select(Task).where(Task.public_id == public_id))
    if task is None or task.submitted_at is None:
        raise NotFound(gettext("There is no such task in the queue."))
    if task.state != TaskState.HELD:
        raise Conflict(_decided_words(session, task))
    return task


def client_record(session: Session, account_id: int) -> ClientRecord:
    """The client's history, as far as it bears on a review."""
    decided = session.execute(
        select(AuditEvent.action, func.count().label("times"))
        .where(AuditEvent.account_id == account_id, AuditEvent.action.in_((_RELEASED, _REJECTED)))
        .group_by(AuditEvent.action)
    )
    acts = {row.action: row.times for row in decided}
    submitted = Task.account_id == account_id, Task.submitted_at.is_not(None)
    tasks = select(Task).where(*submitted).order_by(Task.id.desc()).limit(_RECENT_TASKS)
    alerts = (
        select(StaffAlert).where(StaffAlert.account_id == account_id).order_by(StaffAlert.id.desc()).limit(5)
    )
    refused = select(func.coalesce(func.sum(RefusedContent.count), 0)).where(
        RefusedContent.account_id == account_id, RefusedContent.day >= (now() - _RECENT_DAYS).date()
    )
    return ClientRecord(
        account=session.get_one(Account, account_id),
        submitted=session.scalar(select(func.count()).select_from(Task).where(*submitted)) or 0,
        released=acts.get(_RELEASED, 0),
        rejected=acts.get(_REJECTED, 0),
        refused=session.scalar(refused) or 0,
        alerts=session.scalars(alerts).all(),
        tasks=session.scalars(tasks).all(),
    )


def release(session: Session, actor: Actor, public_id: str, late_start: timedelta) -> Task:
    """Let a held task go, on the record; its sender is told.

    Raises Conflict when somebody else decided first, TaskRefused while the client is suspended, NotFound.
    """
    task_id = _task_id(session, public_id)
    try:
        task = holding.release(session, task_id, late_start)
    except Conflict:
        raise Conflict(_decided_words(session, session.get_one(Task, task_id))) from None
    _record(session, actor, _RELEASED, task, {"state": task.state})
    tell(
        session,
        task_notices.people_of(session, task),
        NoticeKind.TASK_REVIEW,
        lambda _person: _released(task),
    )
    return task


def reject(session: Session, actor: Actor, public_id: str, reason: str) -> Task:
    """Cancel a held task, give its hold back and tell its sender why, on the record.

    Raises Conflict when somebody else decided first, TaskRefused without a reason, NotFound.
    """
    reason = " ".join(reason.split())[:LONGEST_REASON]
    if not reason:
        raise TaskRefused(gettext("Say why, in words that the client can act on."))
    reason = reason if reason[-1] in ".!?" else f"{reason}."
    task_id = _task_id(session, public_id)
    try:
        task = holding.reject(session, task_id, reason)
    except Conflict:
        raise Conflict(_decided_words(session, session.get_one(Task, task_id))) from None
    _record(session, actor, _REJECTED, task, {"state": task.state, "reason": reason})
    tell(
        session,
        task_notices.people_of(session, task),
        NoticeKind.TASK_REVIEW,
        lambda _person: _not_released(task, reason),
    )
    return task


def _task_id(session: Session, public_id: str) -> int:
    task_id = session.scalar(select(Task.id).where(Task.public_id == public_id))
    if task_id is None:
        raise NotFound(gettext("There is no such task in the queue."))
    return task_id


def _record(session: Session, actor: Actor, action: str, task: Task, after: dict[str, str]) -> None:
    audit_log.record(
        session,
        actor,
        action,
        f"task:{task.id}",
        account_id=task.account_id,
        before={"state": TaskState.HELD.value},
        after=after,
    )


def _decided_words(session: Session, task: Task) -> str:
    """Who was first, where the record knows."""
    act = session.scalar(
        select(AuditEvent)
        .where(AuditEvent.subject == f"task:{task.id}", AuditEvent.action.in_((_RELEASED, _REJECTED)))
        .where(AuditEvent.account_id == task.account_id)
        .order_by(AuditEvent.id.desc())
        .limit(1)
    )
    if act is not None:
        return gettext(_DECIDED[act.action], name=task.name, actor=act.actor)
    if task.state == TaskState.CANCELLED:
        return gettext(
            "“%(name)s” has been cancelled in the meantime. Its credits are available again.", name=task.name
        )
    return gettext("“%(name)s” is not held any more. Nothing was done.", name=task.name)


def _released(task: Task) -> Words:
    if task.state == TaskState.SCHEDULED:
        text = _("Staff looked at this task and released it. It starts at its set time.")
    elif task.state == TaskState.PAUSED:
        text = _(
            "Staff looked at this task and released it. Its set time has passed meanwhile, so it is paused: resume "
            "it on its page, or cancel it."
        )
    else:
        text = _("Staff looked at this task and released it. It is being sent now.")
    return Words(_("“%(name)s” is released", name=task.name), text, task_notices.page_of(task))


def _not_released(task: Task, reason: str) -> Words:
    return Words(
        _("“%(name)s” was not released", name=task.name),
        _("Staff looked at this task and did not release it. Reason: %(reason)s", reason=reason),
        task_notices.page_of(task),
        (
            _("Nothing was sent, and the credits that were held for it are available again.")
            if task.started_at is None
            else _("What had not left is not sent, and its credits are available again."),
            _("You may write the message anew, or ask under Support if you think that this is a mistake."),
        ),
    )
