"""Delivery receipts: stored once as they come, applied once to their message, whichever comes first.

Storing is one insert, acknowledged after its commit; applying is a job's work, many receipts to a transaction. A
receipt that comes before its submission's answer waits and is looked at again. The first final status settles the
money; what contradicts it is kept on record and changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.clock import now
from app.database import insert_new
from app.gateways.base import DeliveryReport, OptOut, ReportStatus
from app.gateways.storable import storable_report
from app.models import Message, MessageStatus, Receipt, Route, Task
from app.queues import enqueue_after_commit
from app.sending.dispatch.due import awaits_receipts, has_lapsed
from app.sending.lookup import lock_tasks
from app.sending.settlement import (
    FINAL,
    Change,
    LockedMessage,
    apply_changes,
    change_of,
    finish_if_over,
    locked_messages,
)

log = structlog.get_logger()

_M = MessageStatus

# Puts numbers on the suppression lists, in the transaction of the session, for the route of that id.
TakeOptOuts = Callable[[Session, int, Sequence[OptOut]], None]

BATCH: Final = 500
# How long a receipt may wait for its message; a submission's answer is never that late.
_KEPT_FOR: Final = timedelta(days=3)
# A carrier that reports what others sent, a million a day, must not keep the books busy with them.
_LONGEST_GAP: Final = timedelta(hours=6)

APPLIED: Final = "applied"
NOTED: Final = "noted"  # not final, or says again what is known
CONTRADICTS: Final = "contradicts"
UNMATCHED: Final = "unmatched"


def store_reports(session: Session, route_id: int, reports: Sequence[DeliveryReport]) -> None:
    """Keep the reports, each once, and have them applied after the commit."""
    insert_reports(session, route_id, reports)
    if reports:
        enqueue_after_commit(session, "jobs.receipts.apply", route_id)


def insert_heard(
    session: Session,
    route_id: int,
    heard: Sequence[DeliveryReport | OptOut],
    take_opt_outs: TakeOptOuts | None,
) -> None:
    """Keep what a gateway heard on its session. Raises RuntimeError where nobody takes the opt-outs among it."""
    insert_reports(session, route_id, [each for each in heard if isinstance(each, DeliveryReport)])
    wishes = [each for each in heard if isinstance(each, OptOut)]
    if wishes and take_opt_outs is None:
        raise RuntimeError("Nobody here takes opt-outs; the carrier keeps them.")
    if wishes and take_opt_outs is not None:
        take_opt_outs(session, route_id, wishes)


def insert_reports(session: Session, route_id: int, reports: Sequence[DeliveryReport]) -> None:
    """Keep the reports, each once; somebody has to ask for them to be applied, if it is only the ticker.

    One whose id no database takes, and no message has, is left out: it would keep the others from being stored.
    """
    moment = now()
    kept = [report for report in map(storable_report, reports) if report is not None]
    if len(kept) < len(reports):
        log.warning("receipt_unreadable", route=route_id, reports=len(reports) - len(kept))
    # In one order everywhere: two callbacks with the same receipts must not wait for each other's rows.
    rows: list[dict[str, Any]] = [
        {
            "route_id": route_id,
            "gateway_id": report.gateway_id,
            "reference": report.reference,
            "status": report.status.value,
            "error_code": report.error_code,
            "received_at": moment,
            "retry_at": moment,
        }
        for report in sorted(kept, key=lambda report: (report.gateway_id, report.status))
    ]
    insert_new(session, Receipt.__table__, rows)  # type: ignore[arg-type]


def apply_due(session: Session, route_id: int) -> int:
    """Apply one batch of the route's waiting receipts. Returns how many were looked at; 0 when none is due."""
    moment = now()
    receipts = session.scalars(
        select(Receipt)
        .where(Receipt.route_id == route_id, Receipt.outcome.is_(None), has_lapsed(Receipt.retry_at, moment))
        .order_by(Receipt.retry_at, Receipt.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    matched = _match(session, route_id, receipts)
    by_task: dict[int, list[tuple[Receipt, int]]] = defaultdict(list)
    for receipt in receipts:
        found = matched.get(receipt.id)
        if found is None:
            _wait(receipt, moment)
        else:
            by_task[found[1]].append((receipt, found[0]))
    for task in lock_tasks(session, by_task):
        _apply_to_task(session, task, by_task[task.id], moment)
    session.flush()
    return len(receipts)


def to_come(session: Session, route_id: int) -> bool:
    """Whether receipts are still to come on the route."""
    awaited = select(Route.id).where(Route.id == route_id, awaits_receipts(now()))
    return session.scalar(awaited) is not None


def routes_with_due_receipts(session: Session) -> list[int]:
    """The routes on which receipts wait to be applied."""
    due = (Receipt.outcome.is_(None), has_lapsed(Receipt.retry_at, now()))
    return list(session.scalars(select(Receipt.route_id).where(*due).distinct()))


def _match(session: Session, route_id: int, receipts: Sequence[Receipt]) -> dict[int, tuple[int, int]]:
    """For each receipt that has one: its message's id and task. By our reference, else by the gateway's id.

    Carriers begin anew with their ids after a while: it is the newest message of that id that is reported.
    """
    gateway_ids = {receipt.gateway_id for receipt in receipts}
    references = {receipt.reference for receipt in receipts if receipt.reference}
    rows = session.execute(
        select(Message.id, Message.task_id, Message.gateway_id, Message.reference)
        .where(
            Message.route_id == route_id,
            or_(Message.gateway_id.in_(gateway_ids), Message.reference.in_(references)),
        )
        .order_by(Message.id)
    ).all()
    by_gateway_id = {row.gateway_id: (row.id, row.task_id) for row in rows if row.gateway_id}
    by_reference = {row.reference: (row.id, row.task_id) for row in rows}
    found = {}
    for receipt in receipts:
        message = by_reference.get(receipt.reference or "") or by_gateway_id.get(receipt.gateway_id)
        if message is not None:
            found[receipt.id] = message
    return found


def _apply_to_task(
    session: Session, task: Task, pairs: Sequence[tuple[Receipt, int]], moment: datetime
) -> None:
    """Apply the receipts of one locked task's messages, oldest first."""
    messages = {message.id: message for message in locked_messages(session, {pair[1] for pair in pairs})}
    changes: dict[int, Change] = {}
    for receipt, message_id in sorted(pairs, key=lambda pair: pair[0].id):
        message = messages[message_id]
        receipt.message_id = message_id
        stands = changes[message_id].becomes if message_id in changes else _M(message.status)
        is_sent_again = stands is _M.QUEUED and message.may_have_left
        if stands in (_M.QUEUED, _M.SENDING) and not is_sent_again:
            _wait(receipt, moment)  # its answer is still being written down
            continue
        change, receipt.outcome = _judge(receipt, message, stands)
        receipt.applied_at = moment
        if change is not None:
            changes[message_id] = change
    apply_changes(session, task, list(changes.values()))
    finish_if_over(session, task)


def _judge(receipt: Receipt, message: LockedMessage, stands: MessageStatus) -> tuple[Change | None, str]:
    """What a receipt does to a message that stands in `stands`."""
    if receipt.status == ReportStatus.BUFFERED:
        return None, NOTED
    says = _M.DELIVERED if receipt.status == ReportStatus.DELIVERED else _M.FAILED
    if stands in FINAL:
        return None, NOTED if stands is says else CONTRADICTS
    code = receipt.error_code if says is _M.FAILED else None
    return change_of(message, says, gateway_id=receipt.gateway_id, error_code=code), APPLIED


def _wait(receipt: Receipt, moment: datetime) -> None:
    """Look at it again later: soon at first, then at growing gaps, until it is too old to be anybody's."""
    age = moment - receipt.received_at
    if age > _KEPT_FOR:
        receipt.outcome = UNMATCHED
        receipt.applied_at = moment
    else:
        receipt.retry_at = moment + max(timedelta(seconds=1), min(age, _LONGEST_GAP))
