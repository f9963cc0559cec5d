"""Suppressed numbers: left out by the check, looked for again at submission, when a task starts, and while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from app.errors import TaskRefused
from app.language import ngettext, thousands
from app.models import Message, MessageStatus, Recipient, Suppression, Task, TaskState
from app.sending.lookup import lock_task
from app.sending.settlement import apply_changes, call_off, finish_if_over, locked_messages

ERROR_CODE: Final = "suppressed"
_CHUNK: Final = 1_000  # numbers asked about at once; databases cap the parameters of a statement


class SuppressedMeanwhile(TaskRefused):
    """Some of the draft's numbers have been suppressed since it was checked. It has to be checked again.

    They are not taken out in silence: the client has accepted a number of recipients and a price, and what is
    submitted is what was accepted, or nothing.
    """


def suppressed_among(session: Session, account_id: int, numbers: Sequence[str]) -> set[str]:
    """Those of the numbers (E.164) that the account may not send to: on its own list, or on everybody's."""
    found: set[str] = set()
    for start in range(0, len(numbers), _CHUNK):
        found.update(
            session.scalars(
                select(Suppression.e164).where(
                    _holds_for(account_id), Suppression.e164.in_(numbers[start : start + _CHUNK])
                )
            )
        )
    return found


def require_unsuppressed(session: Session, task: Task) -> None:
    """Raises SuppressedMeanwhile where a checked draft holds a number that is suppressed by now."""
    blocked = exists().where(Suppression.e164 == Recipient.e164, _holds_for(task.account_id))
    found = session.scalars(select(Recipient.e164).where(Recipient.task_id == task.id, blocked)).all()
    if found:
        raise SuppressedMeanwhile(
            ngettext(
                "One of these numbers may not be sent to any more: suppressed since this task was checked. Nothing "
                "was held. The task is being checked again without it; look at the new price.",
                "%(count)s of these numbers may not be sent to any more: suppressed since this task was checked. "
                "Nothing was held. The task is being checked again without them; look at the new price.",
                len(found),
                count=thousands(len(found)),
            )
        )


def leave_out_suppressed(session: Session, task_id: int) -> int:
    """Call off a starting task's messages to numbers suppressed since it was submitted, and release their price.

    Returns how many. One query where there is none.
    """
    blocked = exists().where(Suppression.e164 == Message.e164, _holds_for(Message.account_id))
    waiting = (Message.task_id == task_id, Message.status == MessageStatus.QUEUED)
    ids = session.scalars(select(Message.id).where(*waiting, blocked)).all()
    if not ids:
        return 0
    task = lock_task(session, task_id)
    changes = [call_off(message, ERROR_CODE) for message in locked_messages(session, ids, *waiting)]
    apply_changes(session, task, changes)
    finish_if_over(session, task)
    return len(changes)


def tasks_under_way(session: Session, account_id: int | None) -> list[int]:
    """Running tasks of the account, or with None of all, that still have a queued message to a suppressed number."""
    blocked = exists().where(
        Message.task_id == Task.id,
        Message.status == MessageStatus.QUEUED,
        Suppression.e164 == Message.e164,
        _holds_for(Message.account_id),
    )
    running = select(Task.id).where(Task.state == TaskState.RUNNING, blocked).order_by(Task.id)
    if account_id is not None:
        running = running.where(Task.account_id == account_id)
    return list(session.scalars(running))


def _holds_for(account_id: Any) -> ColumnElement[bool]:
    return or_(Suppression.account_id == account_id, Suppression.account_id.is_(None))
