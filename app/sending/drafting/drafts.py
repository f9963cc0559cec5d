"""Drafts: what a client has written and uploaded, before anything is held or sent."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.content.template_body import ValuesMissing, fill_body
from app.errors import Conflict, TaskRefused
from app.language import gettext
from app.language import gettext as _
from app.models import Channel, Recipient, Rejection, Route, Task, TaskKind, TaskState, User, WhatsAppTemplate
from app.queues import enqueue_after_commit
from app.recipients.writing import LONGEST_WRITTEN
from app.sending.drafting import draft_room
from app.sending.lookup import approved_template, lock_task, open_route, task_of
from app.sending.states import DRAFT_STATES, move_task
from app.stored_files import StoredUpload


@dataclass(frozen=True)
class ChosenList:
    """A saved list of the account, to be sent to; `name` is for showing."""

    list_id: int
    name: str


Source = StoredUpload | ChosenList


@dataclass(frozen=True)
class DraftRequest:
    """What the form said. `scheduled_at` is UTC, None for now; `send_before` is when
    the rest is released (UTC), or None; `submission_key` names this filling of the form.

    On a WhatsApp route the text is that of the approved template with the values, whatever `content` says.
    """

    route_id: int
    name: str
    content: str
    sender_id: str | None
    scheduled_at: datetime | None
    submission_key: str
    wants_canary: bool = False
    send_before: datetime | None = None
    template_id: int | None = None
    template_values: tuple[str, ...] = ()


def create_quick(session: Session, user: User, request: DraftRequest, typed_recipients: str) -> Task:
    """A draft to typed recipients, on its way to the checks. The same form sent twice makes one draft.

    Raises Conflict when the key came with something else before, NotFound for a closed route.
    """
    return _create(session, user, request, TaskKind.QUICK, typed_recipients=typed_recipients)


def create_bulk(session: Session, user: User, request: DraftRequest, upload: Source) -> Task:
    """A draft to the recipients of a stored file or a saved list. Otherwise as `create_quick`."""
    return _create(session, user, request, TaskKind.BULK, upload=upload)


def create_test(
    session: Session,
    user: User,
    task: Task,
    text: str,
    template_values: tuple[str, ...] = (),
    number: str | None = None,
) -> Task:
    """A quick draft with this text to one phone, to try out another draft. It is priced like any other.

    `text` is the draft's content as one of its rows reads it; `template_values` likewise, on a WhatsApp route. Without
    a `number` it goes to the person's own: raises TaskRefused while that is not confirmed.
    """
    if number is None or number == user.phone:
        if user.phone is None or user.phone_confirmed_at is None:
            raise TaskRefused(
                _(
                    "A test goes to your own phone. Confirm its number on your sign-in page first, then come back."
                )
            )
        number = user.phone
    request = DraftRequest(
        route_id=task.route_id,
        name=_("Test of %(name)s", name=task.name)[:100],
        content=text,
        sender_id=task.sender_id,
        scheduled_at=None,
        submission_key=secrets.token_urlsafe(16),
        template_id=task.template_id,
        template_values=template_values,
    )
    test = create_quick(session, user, request, number)
    test.test_of = task.public_id
    return test


def edit(
    session: Session,
    account_id: int,
    public_id: str,
    request: DraftRequest,
    *,
    typed_recipients: str | None = None,
    upload: Source | None = None,
) -> Task:
    """Change a draft and check it anew; recipients or file stay as they were where none are given.

    Raises InvalidMove once it was submitted.
    """
    task = task_of(session, account_id, public_id)
    route = open_route(session, request.route_id, account_id)
    values: dict[str, object] = {
        "route_id": route.id,
        "name": request.name,
        "sender_id": request.sender_id if route.takes_sender_id else None,
        "scheduled_at": request.scheduled_at,
        "send_before": request.send_before,
        "wants_canary": request.wants_canary,
        **_text_values(session, account_id, route, request),
    }
    if typed_recipients is not None:
        values |= {"typed_recipients": typed_recipients}
        if typed_recipients != task.typed_recipients:
            values["corrections"] = None
    if upload is not None:
        values |= _source_values(upload) | {"include_heading": False, "corrections": None}
    return _recheck(session, task, values)


def check_again(session: Session, account_id: int, public_id: str) -> Task:
    """Check a draft anew as it stands."""
    return _recheck(session, task_of(session, account_id, public_id), {})


def correct(session: Session, account_id: int, public_id: str, corrections: Mapping[int, str]) -> Task:
    """Take these texts for what is written in some rows, by row number, and check anew without the file again."""
    task = task_of(session, account_id, public_id)
    written = {str(row): text.strip()[:LONGEST_WRITTEN] for row, text in corrections.items()}
    return _recheck(session, task, {"corrections": {**(task.corrections or {}), **written}})


def change(session: Session, account_id: int, public_id: str, **values: object) -> Task:
    """Set the content or the time of a draft, and check it anew."""
    return _recheck(session, task_of(session, account_id, public_id), values)


def include_heading(session: Session, account_id: int, public_id: str, include: bool) -> Task:
    """Take row 1 as a recipient, or as the heading again, and check anew."""
    return _recheck(session, task_of(session, account_id, public_id), {"include_heading": include})


def discard(session: Session, account_id: int, public_id: str) -> Task:
    """Throw a draft away: its rows are deleted, nothing was held. Raises InvalidMove once it was submitted."""
    task = task_of(session, account_id, public_id)
    if task.state == TaskState.DISCARDED:
        return task
    move_task(
        session,
        task.id,
        DRAFT_STATES - {TaskState.DISCARDED},
        TaskState.DISCARDED,
        state_reason=gettext("You discarded this task."),
        check_run=Task.check_run + 1,
    )
    forget_rows(session, task.id)
    if task.upload_key is not None:
        enqueue_after_commit(session, "jobs.clearing.let_upload_go", task.id)
    return lock_task(session, task.id)


def forget_rows(session: Session, task_id: int) -> None:
    """Delete what an earlier check found in the draft's recipients."""
    session.execute(delete(Recipient).where(Recipient.task_id == task_id))
    session.execute(delete(Rejection).where(Rejection.task_id == task_id))


def _create(
    session: Session,
    user: User,
    request: DraftRequest,
    kind: TaskKind,
    *,
    typed_recipients: str | None = None,
    upload: Source | None = None,
) -> Task:
    fingerprint = _fingerprint(request, kind, typed_recipients, upload)
    earlier = _sent_before(session, user, request, fingerprint)
    if earlier is not None:
        return earlier
    assert user.account_id is not None  # every view that comes here is for clients
    draft_room.require_place(session, user.account_id)
    draft_room.require_turn(session, user.account_id)
    route = open_route(session, request.route_id, user.account_id)
    task = Task(
        account_id=user.account_id,
        user_id=user.id,
        route_id=route.id,
        kind=kind,
        state=TaskState.CHECKING,
        name=request.name,
        sender_id=request.sender_id if route.takes_sender_id else None,
        scheduled_at=request.scheduled_at,
        send_before=request.send_before,
        wants_canary=request.wants_canary,
        typed_recipients=typed_recipients,
        check_run=1,
        submission_key=request.submission_key,
        request_hash=fingerprint,
        **_text_values(session, user.account_id, route, request),
        **(_source_values(upload) if upload is not None else {}),
    )
    try:
        with session.begin_nested():
            session.add(task)
    except IntegrityError:
        earlier = _sent_before(session, user, request, fingerprint)
        if earlier is None:
            raise
        return earlier  # the second half of a double click came first
    enqueue_after_commit(session, "jobs.intake.check", task.id)
    return task


def _text_values(session: Session, account_id: int, route: Route, request: DraftRequest) -> dict[str, Any]:
    """The columns that say what is written. Raises TaskRefused for a WhatsApp route without a filled template."""
    if route.channel != Channel.WHATSAPP:
        return {"content": request.content, "template_id": None, "template_values": None}
    template = approved_template(session, request.template_id, account_id)
    try:
        content = fill_body(template.body, request.template_values)
    except ValuesMissing as missing:
        raise TaskRefused(str(missing)) from None
    return {
        "content": content,
        "template_id": template.id,
        "template_values": list(request.template_values),
    }


def _filled_anew(session: Session, task: Task) -> dict[str, object]:
    """The draft's text as its template says it now. Raises TaskRefused where that has other variables by now."""
    template = session.get(WhatsAppTemplate, task.template_id) if task.template_id is not None else None
    if template is None:
        return {}
    try:
        return {"content": fill_body(template.body, task.template_values or ())}
    except ValuesMissing as missing:
        raise TaskRefused(str(missing)) from None


def _source_values(source: Source) -> dict[str, Any]:
    """The columns that say where the recipients come from."""
    if isinstance(source, ChosenList):
        columns: dict[str, Any] = {"upload_key": None, "upload_name": source.name, "list_id": source.list_id}
    else:
        columns = {"upload_key": source.key, "upload_name": source.name, "list_id": None}
    return {**columns, "again_of_id": None}


def _sent_before(session: Session, user: User, request: DraftRequest, fingerprint: str) -> Task | None:
    """The task that this filling of the form made already. Raises Conflict when it said something else."""
    earlier = session.scalar(
        select(Task).where(Task.account_id == user.account_id, Task.submission_key == request.submission_key)
    )
    if earlier is not None and earlier.request_hash != fingerprint:
        raise Conflict(gettext("This form was sent before with other contents. Open a new one."))
    return earlier


def _recheck(session: Session, task: Task, values: dict[str, object]) -> Task:
    """Back to the checks, as a new run: whatever an older run still finds is not written."""
    if task.state != TaskState.CHECKING:
        draft_room.require_turn(session, task.account_id)
    if "content" not in values:
        values = {**values, **_filled_anew(session, task)}
    move_task(
        session,
        task.id,
        DRAFT_STATES,
        TaskState.CHECKING,
        check_run=Task.check_run + 1,
        check_attempts=0,
        rows_done=0,
        rows_found=None,
        report=None,
        findings=None,
        quote=None,
        fingerprint=None,
        **values,
    )
    forget_rows(session, task.id)
    enqueue_after_commit(session, "jobs.intake.check", task.id)
    return lock_task(session, task.id)


def _fingerprint(
    request: DraftRequest, kind: TaskKind, typed_recipients: str | None, upload: Source | None
) -> str:
    """What makes two sendings of one form the same. A file counts by name and size: its key is always new."""
    parts = [
        kind,
        request.route_id,
        request.name,
        request.content,
        request.sender_id,
        request.scheduled_at.isoformat() if request.scheduled_at else None,
        request.send_before.isoformat() if request.send_before else None,
        typed_recipients,
        [request.template_id, *request.template_values],
        [upload.name, upload.size if isinstance(upload, StoredUpload) else upload.list_id]
        if upload
        else None,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
