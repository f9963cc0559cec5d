"""Submission: the moment a draft becomes a promise. The credit is held and the messages queued, or nothing is."""

from __future__ import annotations

from sqlalchemy import String, cast, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Conflict, NotAllowed, NotFound, TaskRefused
from app.language import gettext, mark
from app.language import gettext as _
from app.ledger.rollups import count_submission, due_day
from app.ledger.transfers import hold
from app.models import AccountState, Message, MessageStatus, Money, Recipient, Task, TaskState
from app.queues import enqueue_after_commit
from app.sending import canary, holding, out_of_date, task_notices
from app.sending.drafting import rehearsal
from app.sending.drafting.send_again import require_unsent
from app.sending.lookup import approved_template, lock_task, open_route, task_of
from app.sending.states import DRAFT_STATES, move_task
from app.sending.suppressed import require_unsuppressed

_NOT_READY = {
    TaskState.CHECKING: mark("This task is still being checked. Wait for the review."),
    TaskState.REJECTED: mark("This task cannot be sent as it is. Edit it first."),
    TaskState.DISCARDED: mark("This task was discarded."),
    TaskState.DRAFT: mark("This task has not been checked yet."),
}


def submit(
    session: Session,
    account_id: int,
    public_id: str,
    *,
    user_id: int,
    check_run: int,
    terms_version: str,
    ip: str,
) -> Task:
    """Hold the quote and queue the messages, now or for the set time, or until staff have looked at the content.

    `check_run` is the review that the client saw. A task that was submitted already is returned as it is: a
    second click changes nothing. Raises Conflict when the draft was checked anew since, TaskRefused when it
    cannot be sent (SuppressedMeanwhile where a number was suppressed since, OutOfDate where its check holds no more),
    InsufficientCredit, LedgerStopped; then nothing has changed.
    """
    task = lock_task(session, task_of(session, account_id, public_id).id)
    if task.state not in DRAFT_STATES:
        return task
    _require_sendable(session, task, check_run)
    moment = now()
    scheduled = task.scheduled_at is not None and task.scheduled_at > moment
    judged = holding.judge(session, task)
    starts = not scheduled and not judged.held
    quoted = task.quote or {}
    move_task(
        session,
        task.id,
        {TaskState.READY},
        TaskState.HELD if judged.held else TaskState.SCHEDULED if scheduled else TaskState.RUNNING,
        state_reason=judged.words,
        findings=[finding.to_json() for finding in judged.findings],
        user_id=user_id,
        terms_version=terms_version,
        terms_ip=ip,
        submitted_at=moment,
        day=due_day(task.account, moment, task.scheduled_at),
        started_at=moment if starts else None,
        charge_when=task.route.charge_when,
        refund_failed_receipt=task.route.refund_failed_receipt,
        total=quoted["recipients"],
        price=quoted["total"],
    )
    # The hold comes first: a new message's foreign key takes a shared lock on its account, and two submissions that
    # both have one could each wait for the other's before holding.
    if quoted["total"]:
        hold(session, task.id, task.account_id, quoted["total"], key=f"task:{task.id}:hold")
    _queue_messages(session, task)
    count_submission(session, task)
    canary.choose(session, task)
    judged.tell_staff(session, task)
    if judged.held:
        task_notices.tell_held(session, task)
    if task.upload_key is not None:
        enqueue_after_commit(session, "jobs.clearing.let_upload_go", task.id)  # its rows are final
    if starts:
        enqueue_after_commit(session, "jobs.dispatch.pump", task.route_id)
    return lock_task(session, task.id)


def _require_sendable(session: Session, task: Task, check_run: int) -> None:
    if task.state != TaskState.READY:
        raise TaskRefused(gettext(_NOT_READY[TaskState(task.state)]))
    if task.check_run != check_run:
        raise Conflict(
            gettext(
                "This task was changed and checked again since you opened the review. Look at the new one."
            )
        )
    out_of_date.require_current(session, task)
    if task.account.state != AccountState.ACTIVE:
        raise NotAllowed(
            gettext(
                "This account is %(state)s, so nothing can be submitted. Contact support.",
                state=task.account.state,
            )
        )
    try:
        open_route(session, task.route_id, task.account_id)
    except NotFound:
        raise TaskRefused(
            gettext("This route has been closed. Edit the task and choose another one.")
        ) from None
    if task.send_before is not None and task.send_before <= max(now(), task.scheduled_at or now()):
        raise TaskRefused(
            _(
                "The time to send nothing after comes before this task starts. "
                "Edit the task: choose a later one, or leave it empty."
            )
        )
    if task.template_id is not None:
        template = approved_template(session, task.template_id, task.account_id)
        out_of_date.require_same_template(task, template)
        if (problem := out_of_date.template_problem(session, task)) is not None:  # marked in this very moment
            raise TaskRefused(problem)
    stored = session.execute(
        select(func.count(), func.coalesce(func.sum(Recipient.price), 0)).where(Recipient.task_id == task.id)
    ).one()
    quoted = task.quote or {}
    if tuple(stored) != (quoted.get("recipients"), quoted.get("total")):
        raise TaskRefused(
            gettext("The price of this task could not be established. Edit it to have it checked again.")
        )
    rehearsal.require(session, task)
    require_unsuppressed(session, task)
    require_unsent(session, task)


def _queue_messages(session: Session, task: Task) -> None:
    """The draft's recipients become messages, in one statement; nobody is read into memory."""
    source = select(
        Recipient.task_id,
        literal(task.account_id),
        literal(task.route_id),
        Recipient.row,
        Recipient.e164,
        Recipient.region,
        Recipient.text,
        Recipient.parameters,
        Recipient.segments,
        Recipient.price,
        literal(MessageStatus.QUEUED.value),
        literal(Money.HELD.value),
        literal(f"{task.public_id}.").concat(cast(Recipient.row, String)),
        literal(0),
        literal(now(), Message.queued_at.type),
    ).where(Recipient.task_id == task.id)
    columns = [
        "task_id",
        "account_id",
        "route_id",
        "row",
        "e164",
        "region",
        "text",
        "parameters",
        "segments",
        "price",
        "status",
        "money",
        "reference",
        "attempt",
        "queued_at",
    ]
    session.execute(
        insert(Message).from_select(columns, source.order_by(Recipient.row), include_defaults=False)
    )
    session.execute(delete(Recipient).where(Recipient.task_id == task.id))
