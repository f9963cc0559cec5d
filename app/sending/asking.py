"""Asking a carrier what became of messages in doubt, where it can be asked.

An answer settles a message as the gateway's own answer would have. What the carrier does not know stays in doubt and is
asked about again: it may still be on its way, from a process that was stopped with it in hand. So asking never makes
a message leave a second time, and what is never known is released after its set time like any other.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, TextClause, or_, select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.gateways.base import Accepted, AnswersQuestions, Outcome, Refused
from app.gateways.storable import storable
from app.models import Message, MessageStatus, Route
from app.models.message import UNANSWERED
from app.sending.carriers import is_known
from app.sending.dispatch.due import has_lapsed
from app.sending.lookup import lock_tasks
from app.sending.settlement import (
    Change,
    LockedMessage,
    apply_changes,
    change_of,
    finish_if_over,
    locked_messages,
)

BATCH: Final = 200
_AT_ONCE: Final = 8
_ASKED_FOR: Final = 20.0  # seconds; what a slow carrier was not asked about by then stays due
_SOONEST: Final = timedelta(seconds=1)
_LATEST: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message in doubt, as it was read; `sent_at` is when it was fenced (UTC)."""

    message_id: int
    task_id: int
    attempt: int
    reference: str
    sent_at: datetime | None


def routes_to_ask(session: Session) -> list[Route]:
    """The routes with messages in doubt that have not been asked about lately, whatever their gateways can."""
    doubtful = (
        select(Message.route_id)
        .join(Route, Route.id == Message.route_id)
        .where(*_due(now()), is_known())
        .distinct()
    )
    return list(session.scalars(select(Route).where(Route.id.in_(doubtful)).order_by(Route.id)))


def doubts(session: Session, route_id: int) -> list[Doubt]:
    """A batch of the route's messages to ask about now, oldest first."""
    return [
        Doubt(*row)
        for row in session.execute(
            select(Message.id, Message.task_id, Message.attempt, Message.reference, Message.sent_at)
            .join(Route, Route.id == Message.route_id)
            .where(Message.route_id == route_id, *_due(now()), is_known())
            .order_by(Message.id)
            .limit(BATCH)
        )
    ]


async def ask(gateway: AnswersQuestions, asked: Sequence[Doubt]) -> list[tuple[Doubt, Outcome]]:
    """What the carrier says of each, a few at a time, or of the first, where it takes its time. The gateway is opened
    and closed here.
    """
    places, loop = asyncio.Semaphore(_AT_ONCE), asyncio.get_running_loop()
    ends = loop.time() + _ASKED_FOR

    async def one(doubt: Doubt) -> tuple[Doubt, Outcome] | None:
        async with places:
            return (doubt, storable(await gateway.ask(doubt.reference))) if loop.time() < ends else None

    await gateway.open()
    try:
        said = await asyncio.gather(*map(one, asked))
        return [each for each in said if each is not None]
    finally:
        await gateway.close()


def settle(session: Session, answers: Sequence[tuple[Doubt, Outcome]]) -> int:
    """Write down what the carrier said; returns how many messages are in doubt no more.

    Only what is in doubt still, by the same attempt: meanwhile a receipt or a late answer may have settled it.
    """
    by_task: dict[int, dict[int, tuple[Doubt, Outcome]]] = defaultdict(dict)
    for doubt, outcome in answers:
        by_task[doubt.task_id][doubt.message_id] = (doubt, outcome)
    settled = 0
    for task in lock_tasks(session, by_task):
        said = by_task[task.id]
        changes = []
        for message in locked_messages(session, said, Message.status == MessageStatus.IN_DOUBT):
            doubt, outcome = said[message.id]
            change = _change(message, outcome) if message.attempt == doubt.attempt else None
            if change is None:
                _ask_later(session, doubt)
            else:
                changes.append(change)
        apply_changes(session, task, changes)
        finish_if_over(session, task)
        settled += len(changes)
    return settled


def _change(message: LockedMessage, outcome: Outcome) -> Change | None:
    match outcome:
        case Accepted(gateway_id):
            return change_of(message, MessageStatus.ACCEPTED, gateway_id=gateway_id, answered=True)
        case Refused(code):
            return change_of(message, MessageStatus.FAILED, error_code=code, answered=True)
        case _:
            return None


def _ask_later(session: Session, doubt: Doubt) -> None:
    """After as long as it has been out already, so that the gaps grow with the doubt."""
    moment = now()
    age = moment - doubt.sent_at if doubt.sent_at is not None else _SOONEST
    session.execute(
        update(Message)
        .where(Message.id == doubt.message_id, Message.status == MessageStatus.IN_DOUBT)
        .values(not_before=moment + min(max(age, _SOONEST), _LATEST))
        .execution_options(synchronize_session=False)
    )


def _due(moment: datetime) -> tuple[ColumnElement[bool] | TextClause, ...]:
    return (
        UNANSWERED,
        Message.status == MessageStatus.IN_DOUBT,
        or_(Message.not_before.is_(None), has_lapsed(Message.not_before, moment)),
    )
