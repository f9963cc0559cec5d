"""What gateways answered to tries that were not simply accepted, for staff to read.

An accepted try is told by its message: when it left, the gateway's id, when it answered. So only what went otherwise
is written down, with the outcome, in its transaction: every refusal and every doubt, and of what was put off a few
to each transaction, since a carrier that throttles answers so by the thousand. The daily clearing forgets them after
thirty days. The request is not kept: it is made anew from the message and its route.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.database import insert_many
from app.gateways.base import Accepted, Deferred, InDoubt, Outcome, Refused
from app.models import GatewayTry, Route
from app.sending.dispatch.claims import Claimed
from app.sending.settlement import LockedMessage

log = structlog.get_logger(__name__)

DEFERRED_KEPT: Final = 20  # to a transaction
_LONGEST: Final = 600
_CLAIMS_TOLD: Final = 10

Tried = tuple[LockedMessage, Claimed, Outcome]


def keep(session: Session, tries: Iterable[Tried]) -> None:
    """Write down those that were not accepted, each as it was answered. Their messages are read under lock."""
    kept, put_off = [], 0
    for message, claimed, outcome in tries:
        if isinstance(outcome, Accepted):
            continue
        if isinstance(outcome, Deferred):
            put_off += 1
            if put_off > DEFERRED_KEPT:
                continue
        kept.append((message, claimed.task_id, outcome))
    if kept:
        _insert(session, kept)


def tell(task_id: int, answers: Iterable[tuple[Claimed, Outcome]]) -> None:
    """Log what came back for a task in one batch: a line in all, and at debug level one for each message."""
    answers = list(answers)
    words = Counter(_word(outcome) for _, outcome in answers)
    claims = sorted({claimed.claim for claimed, _ in answers})
    log.info("recorded", task=task_id, claims=",".join(claims[:_CLAIMS_TOLD]), **words)
    if logging.getLogger(__name__).isEnabledFor(logging.DEBUG):
        for claimed, outcome in answers:
            told = {"task": task_id, "message": claimed.message_id, "claim": claimed.claim}
            log.debug("answered", **told, attempt=claimed.attempt, outcome=_word(outcome))


def keep_interrupted(session: Session, task_id: int, messages: Sequence[LockedMessage], code: str) -> None:
    """Write down tries of a task whose pump went away before anything was answered."""
    if messages:
        _insert(session, [(message, task_id, InDoubt(code)) for message in messages])


def _insert(session: Session, tries: Sequence[tuple[LockedMessage, int, Any]]) -> None:
    moment, gateways = now(), _gateways(session, {message.route_id for message, _, _ in tries})
    rows = [
        {
            "message_id": message.id,
            "route_id": message.route_id,
            "gateway": gateways[message.route_id],
            "attempt": message.attempt,
            "sent_at": message.sent_at,
            "answered_at": moment,
            "outcome": _word(outcome),
            "code": outcome.code[:64],
            "said": outcome.said[:_LONGEST] if outcome.said else None,
        }
        for message, _, outcome in tries
    ]
    insert_many(session, GatewayTry.__table__, rows)  # type: ignore[arg-type]
    for message, task_id, outcome in tries:
        if isinstance(outcome, InDoubt):
            told = {"route": message.route_id, "task": task_id, "message": message.id, "claim": message.claim}
            log.warning("in_doubt", **told, attempt=message.attempt, code=outcome.code)


def _word(outcome: Outcome) -> str:
    match outcome:
        case Accepted():
            return "accepted"
        case Refused():
            return "refused"
        case Deferred():
            return "deferred"
        case _:
            return "in_doubt"


def _gateways(session: Session, route_ids: set[int]) -> dict[int, str]:
    rows = session.execute(select(Route.id, Route.gateway).where(Route.id.in_(route_ids)))
    return {row.id: row.gateway for row in rows}
