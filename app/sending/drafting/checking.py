"""The authoritative check of a draft: read its recipients, check its content, price it, write down the result.

It commits as it goes, unlike other domain code: the progress it notes must be seen while it runs, and no
transaction may stand open while a file is read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final, cast

import structlog
from sqlalchemy import Table, update
from sqlalchemy.orm import Session

from app.clock import now
from app.content.findings import Finding, Severity, blocking
from app.database import insert_many, write_transaction
from app.errors import InvalidMove
from app.language import gettext, speak
from app.models import Recipient, Rejection, Task, TaskState
from app.recipients.errors import FileRefused
from app.sending import holding, out_of_date, route_rules
from app.sending.drafting import savings
from app.sending.drafting.compose import COUNTRY_RULE
from app.sending.drafting.drafts import forget_rows
from app.sending.drafting.examining import Draft, Examined, examine
from app.sending.lookup import own_prices
from app.sending.states import move_task
from config import Settings

log = structlog.get_logger()

MAX_ATTEMPTS: Final = 3
PROGRESS_EVERY: Final = timedelta(milliseconds=400)
RECIPIENTS: Final = cast(Table, Recipient.__table__)
REJECTIONS: Final = cast(Table, Rejection.__table__)


def check(session: Session, task_id: int, settings: Settings) -> None:
    """Check a draft that is in `checking`; any other is left alone, and so is one that was edited meanwhile.

    When the count or the price cannot be established, for whatever reason, the task is discarded with words
    for the client: nothing is held, nothing is sent.
    """
    draft = _begin(session, task_id)
    if draft is None:
        return
    try:
        examined = examine(session, draft, settings, _Progress(session, draft).note)
    except FileRefused as refused:
        _give_up(session, draft, refused.message)
    except Exception:
        log.exception("check_failed", task=task_id)
        _give_up(
            session,
            draft,
            gettext(
                "The recipients could not be read. Save the list again as a new file and upload it, or ask support."
            ),
        )
    else:
        _store(session, draft, examined)


def _begin(session: Session, task_id: int) -> Draft | None:
    """Note the attempt and take the draft. A draft whose checks died again and again is given up."""
    with write_transaction(session):
        task = session.get(Task, task_id, with_for_update={"of": Task})
        if task is None or task.state != TaskState.CHECKING:
            return None
        speak(task.user.language)  # what is found is kept in the words of whoever sends
        task.check_attempts += 1
        draft = Draft(
            task_id=task.id,
            account_id=task.account_id,
            run=task.check_run,
            kind=task.kind,
            content=task.content,
            sender_id_findings=_sender_id_findings(session, task),
            typed_recipients=task.typed_recipients or "",
            upload_key=task.upload_key,
            upload_name=task.upload_name or "",
            list_id=task.list_id,
            again_of_id=task.again_of_id,
            include_heading=task.include_heading,
            corrections={int(row): text for row, text in (task.corrections or {}).items()},
            template_values=tuple(task.template_values) if task.template_values is not None else None,
            rulebook=route_rules.rulebook(session, task.route),
            number_rules=route_rules.number_rules(task.route),
            split=route_rules.split(task.route),
            tariff=route_rules.tariff(task.route, own_prices(session, task.account_id).get(task.route_id)),
            minimum_recipients=task.route.minimum_recipients,
            maximum_recipients=task.route.maximum_recipients,
            basis=out_of_date.basis_of(session, task),
        )
        attempts = task.check_attempts
    if attempts > MAX_ATTEMPTS:
        _give_up(
            session,
            draft,
            gettext(
                "Checking this task failed several times. Try a smaller or simpler file, or ask support."
            ),
        )
        return None
    return draft


def _sender_id_findings(session: Session, task: Task) -> tuple[Finding, ...]:
    """What is wrong with the task's sender ID; without one the route's own is used."""
    if not task.sender_id:
        return ()
    longest = task.route.sender_id_maximum
    return tuple(
        route_rules.sender_id_findings(session, task.route, task.account_id, task.sender_id, longest)
    )


def _store(session: Session, draft: Draft, examined: Examined) -> None:
    """Write rows, report, quote and state together, unless the draft has moved on."""
    composition = examined.composition
    rejections = [*examined.intake.rejections, *composition.rejections]
    state, reason = _verdict(draft, examined)
    try:
        with write_transaction(session):
            move_task(
                session,
                draft.task_id,
                {TaskState.CHECKING},
                state,
                state_reason=reason,
                fingerprint=examined.fingerprint,
                report=_report(examined, rejections)
                | {
                    "row_findings": holding.report_rows(composition.row_findings),
                    "sender_id_findings": [finding.to_json() for finding in draft.sender_id_findings],
                    "basis": dict(draft.basis),
                },
                findings=[finding.to_json() for finding in composition.findings],
                quote=asdict(examined.quote),
                rows_done=examined.intake.rows_read,
                rows_found=examined.intake.rows_read,
            )
            if session.get_one(Task, draft.task_id).check_run != draft.run:
                raise InvalidMove(gettext("The draft was edited while it was checked."))
            forget_rows(session, draft.task_id)
            insert_many(session, RECIPIENTS, [_recipient_row(draft, each) for each in composition.composed])
            insert_many(session, REJECTIONS, [_rejection_row(draft, each) for each in rejections])
            holding.note_refusal(
                session, draft.account_id, (*composition.findings, *draft.sender_id_findings)
            )
    except InvalidMove:
        log.info("check_superseded", task=draft.task_id, run=draft.run)


def _verdict(draft: Draft, examined: Examined) -> tuple[TaskState, str | None]:
    for finding in draft.sender_id_findings:
        if finding.severity is Severity.BLOCK:
            return TaskState.REJECTED, gettext(
                "%(message)s %(advice)s Then check again.", message=finding.message, advice=finding.advice
            )
    if found := len(examined.composition.composed):
        refusal = route_rules.size_refusal(draft.minimum_recipients, draft.maximum_recipients, found)
        return (TaskState.REJECTED, refusal) if refusal else (TaskState.READY, None)
    if blocking(examined.composition.findings):
        return TaskState.REJECTED, gettext("The content breaks a rule. Edit it and check again.")
    if any(rejection.reason == COUNTRY_RULE for rejection in examined.composition.rejections):
        return TaskState.REJECTED, (
            gettext(
                "Every recipient that could be sent to is in a country whose own rules the text "
                "breaks. See the reasons, edit the text and check again."
            )
        )
    return TaskState.REJECTED, gettext(
        "No row can be sent to. See the reasons, correct the list and try again."
    )


def _give_up(session: Session, draft: Draft, reason: str) -> None:
    """Discard the draft, if it is still the one that was checked."""
    try:
        with write_transaction(session):
            task = session.get_one(Task, draft.task_id, with_for_update={"of": Task})
            if task.check_run == draft.run:
                move_task(session, task.id, {TaskState.CHECKING}, TaskState.DISCARDED, state_reason=reason)
                forget_rows(session, task.id)
    except InvalidMove:
        log.info("check_superseded", task=draft.task_id, run=draft.run)


def _report(examined: Examined, rejections: list[Any]) -> dict[str, Any]:
    intake = examined.intake
    networks = Counter(
        (each.recipient.region, each.recipient.network) for each in examined.composition.composed
    )
    return {
        "kind": intake.kind,
        "rows_read": intake.rows_read,
        "tidied": intake.tidied,
        "duplicates": intake.duplicates,
        "by_reason": dict(Counter(rejection.reason for rejection in rejections)),
        "number_column": intake.number_column,
        "field_names": list(intake.field_names),
        "heading_looks_like_number": intake.heading_looks_like_number,
        "heading_number": intake.heading_number,
        "notes": list(intake.notes),
        "savings": savings.to_json(examined.savings),
        "zones": [[list(names), count] for names, count in examined.zones.items()],
        "networks": [[region, network, count] for (region, network), count in networks.most_common()],
    }


def _recipient_row(draft: Draft, composed: Any) -> dict[str, Any]:
    recipient = composed.recipient
    return {
        "task_id": draft.task_id,
        "row": recipient.row,
        "e164": recipient.e164,
        "region": recipient.region,
        "fields": dict(recipient.fields),
        "text": composed.text,
        "parameters": composed.parameters,
        "segments": composed.segments,
        "price": composed.price,
    }


def _rejection_row(draft: Draft, rejection: Any) -> dict[str, Any]:
    return {
        "task_id": draft.task_id,
        "row": rejection.row,
        "written": rejection.written,
        "reason": rejection.reason,
        "message": rejection.message[:500],
    }


class _Progress:
    """Notes on the task how far its check has come, a few times a second at most."""

    def __init__(self, session: Session, draft: Draft) -> None:
        self._session = session
        self._draft = draft
        self._noted = now() - PROGRESS_EVERY

    def note(self, done: int, found: int) -> None:
        """`done` of `found` rows have been checked; `found` is 0 while the file is still being read."""
        if now() - self._noted < PROGRESS_EVERY:
            return
        self._noted = now()
        with write_transaction(self._session) as session:
            session.execute(
                update(Task)
                .where(Task.id == self._draft.task_id, Task.check_run == self._draft.run)
                .values(changed_at=now(), rows_done=done, rows_found=found or None)
            )
