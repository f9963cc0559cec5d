"""Sending again to those whom a task failed to reach: a new draft of theirs alone, checked and priced anew.

Never to anybody whose message was delivered, is in doubt, or may have left: only what surely failed, and for a reason
that may pass or be put right. What their check reads is asked of the messages anew each time, and its submission
looks once more, so that no two tasks send to one failed message.
"""

from __future__ import annotations

import hashlib
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.content.template_body import fill_body
from app.errors import Conflict, TaskRefused
from app.gateways.errors import ErrorCode
from app.language import gettext
from app.models import (
    ERASED,
    Account,
    Message,
    MessageStatus,
    Recipient,
    Task,
    TaskKind,
    TaskState,
    User,
    WhatsAppTemplate,
)
from app.queues import enqueue_after_commit
from app.recipients.errors import FileRefused
from app.recipients.sheet import Row, Sheet
from app.sending.drafting import draft_room
from app.sending.lookup import lock_task, open_route, task_of
from app.sending.states import DRAFT_STATES

OVER: Final = frozenset({TaskState.DONE, TaskState.CANCELLED})
TEXT_FIELD: Final = "text"  # whose column holds what each row read once merged
# What another try does not change, or what may have left after all.
NOT_AGAIN: Final = frozenset(
    {
        ErrorCode.UNKNOWN_SUBSCRIBER,
        ErrorCode.INVALID_NUMBER,
        ErrorCode.BLOCKED_BY_CARRIER,
        ErrorCode.OPTED_OUT,
        ErrorCode.MARKETING_CAP,
        ErrorCode.EXPERIMENT,
        ErrorCode.WHATSAPP_UNDELIVERABLE,
        ErrorCode.SUPPRESSED,
        ErrorCode.TIMEOUT,
        ErrorCode.CONNECTION_LOST,
        ErrorCode.GATEWAY_FAILURE,
        ErrorCode.UNREADABLE_ANSWER,
        ErrorCode.PARTLY_ACCEPTED,
        ErrorCode.INTERRUPTED,
        ErrorCode.NO_RECEIPT,
    }
)
_HEADING: Final = "phone"


def how_many(session: Session, task: Task) -> int:
    """To how many of the task's recipients it may be sent again now; 0 while it goes on."""
    if task.state not in OVER or not task.failed:
        return 0
    return session.scalar(select(func.count(Message.id)).where(*_may_again(task.id))) or 0


def open_draft(session: Session, task: Task) -> Task | None:
    """The draft that sends again to the task's failed ones and has not been submitted or discarded."""
    open_states = DRAFT_STATES - {TaskState.DISCARDED}
    return session.scalar(
        select(Task)
        .where(Task.again_of_id == task.id, Task.account_id == task.account_id, Task.state.in_(open_states))
        .order_by(Task.id.desc())
        .limit(1)
    )


def send_again(session: Session, user: User, account_id: int, public_id: str) -> Task:
    """A draft of what failed, on its way to the checks. A second click gives the same draft.

    Raises NotFound, Conflict while the task goes on or when nobody is left, TaskRefused where the account has as many
    drafts as it may, the route is closed (as NotFound) or the message's template is gone.
    """
    task = lock_task(session, task_of(session, account_id, public_id).id)
    earlier = open_draft(session, task)
    if earlier is not None:
        return earlier
    if task.state not in OVER:
        raise Conflict(
            gettext("This task is still going on. Wait for its end, or cancel it; then send again.")
        )
    if not how_many(session, task):
        raise Conflict(
            gettext("Nobody is left to send this to again: see the reasons of the failed messages.")
        )
    draft_room.require_place(session, account_id)
    draft_room.require_turn(session, account_id)
    route = open_route(session, task.route_id, account_id)
    number = session.scalar(select(func.count(Task.id)).where(Task.again_of_id == task.id)) or 0
    key = f"again:{task.public_id}:{number + 1}"
    draft = Task(
        account_id=account_id,
        user_id=user.id,
        route_id=route.id,
        kind=TaskKind.BULK,
        state=TaskState.CHECKING,
        name=gettext("%(name)s, again", name=task.name)[:100],
        sender_id=task.sender_id if route.takes_sender_id else None,
        again_of_id=task.id,
        upload_name=gettext("failed ones of %(name)s", name=task.name)[:255],
        check_run=1,
        submission_key=key,
        request_hash=hashlib.sha256(key.encode()).hexdigest(),
        **_text_of(session, task),
    )
    session.add(draft)
    session.flush()
    enqueue_after_commit(session, "jobs.intake.check", draft.id)
    return draft


def sheet_of_failed(session: Session, account_id: int, task_id: int) -> Sheet:
    """Whom the task may be sent to again, as a sheet: their rows in it, numbers, and texts or values where they differ.

    Raises FileRefused when nobody is left.
    """
    found = session.execute(
        select(Message.row, Message.e164, Message.text, Message.parameters)
        .where(Message.account_id == account_id, *_may_again(task_id))
        .order_by(Message.row)
    ).all()
    if not found:
        raise FileRefused(
            "gone", gettext("Nobody is left to send this to again. They have been sent to by another task.")
        )
    task = session.get_one(Task, task_id)
    if task.template_id is not None:
        values = task.template_values or []
        names = [_value_field(number) for number in range(1, len(values) + 1)]
        rows = [Row(row, (e164, *(parameters or values))) for row, e164, _, parameters in found]
        return Sheet("csv", Row(0, (_HEADING, *names)), rows)
    if any(text is not None for _, _, text, _ in found):
        rows = [Row(row, (e164, text or task.content)) for row, e164, text, _ in found]
        return Sheet("csv", Row(0, (_HEADING, TEXT_FIELD)), rows)
    return Sheet("csv", Row(0, (_HEADING,)), [Row(row, (e164,)) for row, e164, _, _ in found])


def require_unsent(session: Session, task: Task) -> None:
    """Raises TaskRefused where another task has taken on one of this draft's recipients since it was checked.

    Two drafts of one task are submitted one after the other: each waits for the account.
    """
    if task.again_of_id is None:
        return
    session.get_one(Account, task.account_id, with_for_update={"key_share": True})
    others = _sent_again(task.again_of_id, Recipient.e164)
    taken = select(Recipient.id).where(Recipient.task_id == task.id, others).limit(1)
    if session.scalar(taken) is not None:
        raise TaskRefused(
            gettext(
                "Some of these are being sent to again by another task. Check this one again, and they are left out."
            )
        )


def _may_again(task_id: int) -> list[ColumnElement[bool]]:
    """The task's messages that failed for good, for a reason that may pass, and that no later task has taken on."""
    return [
        Message.task_id == task_id,
        Message.status == MessageStatus.FAILED,
        ~Message.e164.startswith(ERASED),
        or_(Message.error_code.is_(None), Message.error_code.not_in(NOT_AGAIN)),
        ~_sent_again(task_id, Message.e164),
    ]


def _sent_again(task_id: int, e164: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether a submitted task that sends again to this one's failed ones writes to the number."""
    later, sent = aliased(Task), aliased(Message)
    return exists().where(
        and_(
            later.again_of_id == task_id,
            later.submitted_at.is_not(None),
            sent.task_id == later.id,
            sent.e164 == e164,
            sent.status != MessageStatus.CANCELLED,
        )
    )


def _text_of(session: Session, task: Task) -> dict[str, object]:
    """The columns that say what is written; merged texts and values come with each row."""
    if task.template_id is None:
        merged = select(Message.id).where(Message.task_id == task.id, Message.text.is_not(None)).limit(1)
        is_merged = session.scalar(merged) is not None
        return {"content": f"{{{TEXT_FIELD}}}" if is_merged else task.content}
    template = session.get(WhatsAppTemplate, task.template_id)
    if template is None:
        raise TaskRefused(gettext("The template of this task is gone, so it cannot be sent again."))
    values = tuple(f"{{{_value_field(number)}}}" for number in range(1, len(task.template_values or []) + 1))
    return {
        "content": fill_body(template.body, values),
        "template_id": template.id,
        "template_values": list(values),
    }


def _value_field(number: int) -> str:
    return f"value {number}"
