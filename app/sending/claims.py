"""Which messages a pump may send: the route's lease, the claim on a batch, the fence before a byte leaves.

Each function is one transaction's work and expects `write_transaction` around it. Tokens carry the lease's fencing
number, so that a pump that lost its lease cannot touch what its successor took.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, exists, func, or_, select, true, update
from sqlalchemy.orm import Session, aliased

from app.clock import now
from app.database import insert_new
from app.errors import CarillonError
from app.gateways.base import OutgoingMessage
from app.models import Account, AccountState, Message, MessageStatus, PumpLease, Route, Task, TaskState
from app.sending.due import (
    awaits_receipts,
    due,
    has_work,
    is_free,
    is_let,
    may_change_route,
    may_go_by_route,
    sends,
    stood_in_for,
    up_to,
)
from app.sending.filling import outgoing, template_of


@dataclass(frozen=True, slots=True)
class Spans:
    """How long a lease and a claim live. `margin` is what a fenced message's claim has beyond the gateway's
    time-out: within it the message must leave, or not leave at all.
    """

    lease: timedelta = timedelta(seconds=15)
    claim: timedelta = timedelta(seconds=60)
    margin: timedelta = timedelta(seconds=30)


_USUAL_SPANS: Final = Spans()


class LeaseLost(CarillonError):
    """Another pump holds the route now. Nothing more may be sent under the old lease."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to pump a route until it expires, under a number that only ever grows."""

    route_id: int
    holder: str
    fence: int
    next_send_at: float
    spans: Spans

    @property
    def token(self) -> str:
        return f"{self.route_id}.{self.fence}"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message taken for sending; `attempt` is set by the fence."""

    message_id: int
    task_id: int
    attempt: int
    outgoing: OutgoingMessage


def acquire_lease(session: Session, route_id: int, holder: str, spans: Spans = _USUAL_SPANS) -> Lease | None:
    """Take the route's lease if nobody holds it; None when somebody does."""
    moment = now()
    insert_new(session, PumpLease.__table__, [{"route_id": route_id, "fence": 0}])  # type: ignore[arg-type]
    taken = session.execute(
        update(PumpLease)
        .where(PumpLease.route_id == route_id, is_free(moment))
        .values(holder=holder, fence=PumpLease.fence + 1, expires_at=moment + spans.lease)
        .returning(PumpLease.fence, PumpLease.next_send_at)
    ).one_or_none()
    return None if taken is None else Lease(route_id, holder, taken.fence, taken.next_send_at or 0.0, spans)


def renew_lease(session: Session, lease: Lease, next_send_at: float, *, release: bool = False) -> None:
    """Keep the lease, or give it back, and note where the pace stands. Raises LeaseLost."""
    moment = now()
    renewed = session.execute(
        update(PumpLease)
        .where(
            PumpLease.route_id == lease.route_id,
            PumpLease.holder == lease.holder,
            PumpLease.fence == lease.fence,
        )
        .values(expires_at=moment if release else moment + lease.spans.lease, next_send_at=next_send_at)
        .returning(PumpLease.fence)
    ).one_or_none()
    if renewed is None:
        raise LeaseLost("Another pump holds this route.")


def claim_batch(session: Session, lease: Lease, size: int) -> list[Claimed]:
    """Claim up to `size` messages of the task whose turn it is; empty when nothing is due.

    Tasks take turns by `pump_turn`: the one served longest ago is next. A turn is a number, not a time: a clock
    that is set back must not put a task behind all others. A route that is paused meanwhile has nothing due. A route
    that stands in for another takes that one's tasks too; the price stays as quoted.
    """
    moment = now()
    waiting = due(moment)
    task = session.execute(
        select(
            Task.id,
            Task.content,
            case((Route.takes_sender_id, Task.sender_id)).label("sender_id"),
            Task.template_id,
            Task.canary_last_id,
            (Task.route_id == Route.id).label("is_own"),
        )
        .join(Account, Account.id == Task.account_id)
        .join(Route, Route.id == lease.route_id)
        .where(
            or_(Task.route_id == Route.id, Task.route_id.in_(stood_in_for(moment))),
            Route.paused_reason.is_(None),
            Task.state == TaskState.RUNNING,
            Account.stopped_reason.is_(None),
            Account.state == AccountState.ACTIVE,
            *sends(moment),
            exists().where(Message.task_id == Task.id, *waiting, is_let(), may_go_by_route()),
        )
        .order_by(Task.pump_turn, Task.id)
        .limit(1)
        .with_for_update(of=Task)
    ).one_or_none()
    if task is None:
        return []
    served = aliased(Task)
    last_turn = select(func.max(served.pump_turn)).where(
        served.route_id == lease.route_id, served.state == TaskState.RUNNING
    )
    session.execute(
        update(Task)
        .where(Task.id == task.id)
        .values(
            pump_turn=func.coalesce(last_turn.scalar_subquery(), Task.pump_turn) + 1,
            changed_at=Task.changed_at,
        )
        .execution_options(synchronize_session=False)
    )
    messages = session.execute(
        select(
            Message.id,
            Message.attempt,
            Message.reference,
            Message.e164,
            Message.text,
            Message.parameters,
            Message.route_id,
        )
        .where(
            Message.task_id == task.id,
            *waiting,
            up_to(task.canary_last_id),
            true() if task.is_own else may_change_route(lease.route_id),
        )
        .order_by(Message.id)
        .limit(size)
        .with_for_update(of=Message, skip_locked=True)
    ).all()
    values: dict[str, Any] = {
        "status": MessageStatus.CLAIMED,
        "claim": lease.token,
        "claim_expires_at": moment + lease.spans.claim,
        "not_before": None,
    }
    if any(message.route_id != lease.route_id for message in messages):
        values["route_id"] = lease.route_id  # its receipts will come on this one
    session.execute(
        update(Message).where(Message.id.in_([message.id for message in messages])).values(values)
    )
    template = template_of(session, task.template_id)
    return [
        Claimed(message.id, task.id, message.attempt, outgoing(message, task, template))
        for message in messages
    ]


def fence(session: Session, lease: Lease, batch: Sequence[Claimed], answer_timeout: float) -> list[Claimed]:
    """Mark as being sent those of the batch that are still ours; only these may leave, once committed.

    `answer_timeout` is the gateway's, in seconds: the claim is prolonged to outlive it. Fencing the same batch
    again, because nobody heard whether the first commit succeeded, finds what that one marked.
    """
    moment = now()
    values = {
        "status": MessageStatus.SENDING,
        "attempt": Message.attempt + 1,
        "sent_at": moment,
        "claim_expires_at": moment + timedelta(seconds=answer_timeout) + lease.spans.margin,
    }
    fenced: set[int] = set()
    for attempt in {claimed.attempt for claimed in batch}:
        ids = [claimed.message_id for claimed in batch if claimed.attempt == attempt]
        # Locked in the order of their ids, as a cancellation locks them.
        fresh = (
            select(Message.id)
            .where(
                Message.id.in_(ids),
                Message.claim == lease.token,
                Message.status == MessageStatus.CLAIMED,
                Message.attempt == attempt,
                Message.claim_expires_at > moment,
            )
            .order_by(Message.id)
            .with_for_update(of=Message)
        )
        fenced.update(
            session.scalars(
                update(Message)
                .where(Message.id.in_(fresh))
                .values(values)
                .returning(Message.id)
                .execution_options(synchronize_session=False)
            )
        )
    if len(fenced) < len(batch):
        rest = [claimed for claimed in batch if claimed.message_id not in fenced]
        fenced.update(_fenced_before(session, lease, rest, moment))
    return [
        Claimed(claimed.message_id, claimed.task_id, claimed.attempt + 1, claimed.outgoing)
        for claimed in batch
        if claimed.message_id in fenced
    ]


def _fenced_before(session: Session, lease: Lease, batch: Sequence[Claimed], moment: datetime) -> set[int]:
    """Those that an earlier try of the same fence marked, whose commit nobody heard of."""
    attempts = {claimed.message_id: claimed.attempt + 1 for claimed in batch}
    return {
        row.id
        for row in _still_claimed(session, lease, batch)
        if row.status == MessageStatus.SENDING
        and row.attempt == attempts[row.id]
        and row.claim_expires_at > moment
    }


def hand_back(session: Session, lease: Lease, batch: Sequence[Claimed]) -> None:
    """Return claimed messages that were not fenced to the queue."""
    unsent = [row.id for row in _still_claimed(session, lease, batch) if row.status == MessageStatus.CLAIMED]
    if unsent:
        session.execute(
            update(Message)
            .where(Message.id.in_(unsent))
            .values(status=MessageStatus.QUEUED, claim=None, claim_expires_at=None)
            .execution_options(synchronize_session=False)
        )


def _still_claimed(session: Session, lease: Lease, batch: Sequence[Claimed]) -> Sequence[Any]:
    """Those of the batch that carry our claim, locked in the order of their ids, as a cancellation locks them."""
    if not batch:
        return []
    return session.execute(
        select(Message.id, Message.status, Message.attempt, Message.claim_expires_at)
        .where(
            Message.id.in_([claimed.message_id for claimed in batch]),
            Message.claim == lease.token,
        )
        .order_by(Message.id)
        .with_for_update(of=Message)
    ).all()


def routes_with_work(session: Session) -> list[int]:
    """The routes that have something to send now and no pump at it."""
    moment = now()
    return list(
        session.scalars(
            select(Route.id)
            .outerjoin(PumpLease, PumpLease.route_id == Route.id)
            .where(
                is_free(moment),
                or_(Route.breaker_until.is_(None), Route.breaker_until <= moment),
                Route.paused_reason.is_(None),
                has_work(moment),
            )
        )
    )


def receipts_to_come(session: Session, route_id: int) -> bool:
    """Whether receipts are still to come on the route."""
    awaited = select(Route.id).where(Route.id == route_id, awaits_receipts(now()))
    return session.scalar(awaited) is not None


def routes_awaiting_receipts(session: Session) -> list[Route]:
    """The routes on which receipts are still to come, and no pump is there to take them off a session."""
    moment = now()
    return list(
        session.scalars(
            select(Route)
            .outerjoin(PumpLease, PumpLease.route_id == Route.id)
            .where(
                is_free(moment),
                or_(Route.breaker_until.is_(None), Route.breaker_until <= moment),
                awaits_receipts(moment),
            )
        )
    )
