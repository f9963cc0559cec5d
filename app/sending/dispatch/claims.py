"""Which messages a pump may send: the route's lease, and the claim that is the fence before a byte leaves.

Each function is one transaction's work and expects `write_transaction` around it. Tokens carry the lease's fencing
number, so that a pump that lost its lease cannot touch what its successor took.

Claim and fence are one statement, for as few messages as go out within a tenth of a second: what is taken leaves, so
a claim that may be taken back would only be a second write of the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, Update, bindparam, case, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from app.clock import now
from app.database import insert_new
from app.errors import CarillonError
from app.gateways.base import Capabilities, OutgoingMessage
from app.models import Account, AccountState, Message, MessageStatus, PumpLease, Route, Task, TaskState
from app.models.message import UNANSWERED
from app.sending.dispatch.caps import Allowance
from app.sending.dispatch.due import (
    awaits_receipts,
    due,
    has_work,
    is_awake,
    is_free,
    is_let,
    may_go_by_route,
    sends,
    stood_in_for,
)
from app.sending.dispatch.fence import COLUMNS, Fenced, fence
from app.sending.dispatch.filling import Shared, outgoing, template_of
from app.sending.dispatch.pace import Handover
from app.sending.dispatch.prepared import Moment


@dataclass(frozen=True, slots=True)
class Spans:
    """How long a lease lives. `margin` is what a fenced message's claim has beyond the gateway's
    time-out: within it the message must leave, or not leave at all.
    """

    lease: timedelta = timedelta(seconds=15)
    margin: timedelta = timedelta(seconds=30)


_USUAL_SPANS: Final = Spans()


class LeaseLost(CarillonError):
    """Another pump holds the route now. Nothing more may be sent under the old lease."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to pump a route until it expires, under a number that only ever grows.

    `handover` is what the last holder left; None where it gave nothing back.
    """

    route_id: int
    holder: str
    fence: int
    handover: Handover | None
    spans: Spans

    def taking(self, number: int) -> Taking:
        """The `number`th taking under this lease."""
        return Taking(f"{self.route_id}.{self.fence}.{number}")


@dataclass(slots=True)
class Taking:
    """One taking of messages, by a token that no other has; `tried` once its transaction has begun to mark them."""

    token: str
    tried: bool = False


class Claimed(NamedTuple):
    """A message taken for sending: its `attempt` as the fence counted it, and the `claim` that stands on it."""

    message_id: int
    task_id: int
    attempt: int
    claim: str
    outgoing: OutgoingMessage


# What all of a task's messages have in common, by the route that takes them.
_OF_TASK: Final = (
    Task.id,
    Task.content,
    case((Route.takes_sender_id, Task.sender_id)).label("sender_id"),
    Task.template_id,
    Task.canary_last_id,
)


_OURS: Final = (
    PumpLease.route_id == bindparam("by_route"),
    PumpLease.holder == bindparam("by"),
    PumpLease.fence == bindparam("number"),
)


def acquire_lease(
    session: Session,
    route_id: int,
    holder: str,
    spans: Spans = _USUAL_SPANS,
    carrier_since: datetime | None = None,
) -> Lease | None:
    """Take the route's lease if nobody holds it; None when somebody does, or when the route goes to another carrier
    than it did when the holder read its settings, and `carrier_since` with them.
    """
    moment = now()
    insert_new(session, PumpLease.__table__, [{"route_id": route_id, "fence": 0, "given_back": 0}])  # type: ignore[arg-type]
    taken = session.execute(
        update(PumpLease)
        .where(PumpLease.route_id == route_id, is_free(moment))
        .values(holder=holder, fence=PumpLease.fence + 1, expires_at=moment + spans.lease)
        .returning(PumpLease.fence, PumpLease.given_back, PumpLease.next_send_at, PumpLease.arrived)
    ).one_or_none()
    if taken is None:
        return None
    in_order = taken.given_back == taken.fence - 1
    handover = Handover(taken.next_send_at, tuple(taken.arrived or ())) if in_order else None
    lease = Lease(route_id, holder, taken.fence, handover, spans)
    # Asked with the lease in hand, which whoever moves the route takes away first.
    if session.scalar(select(Route.carrier_since).where(Route.id == route_id)) != carrier_since:
        _change_lease(session, lease, expires_at=moment)
        return None
    return lease


def require_lease(session: Session, lease: Lease) -> None:
    """Keep others from the route until this transaction ends. Raises LeaseLost when one has it already."""
    if session.scalar(_locking_lease(), _named(lease)) is None:
        raise LeaseLost("Another pump holds this route.")


@cache
def _locking_lease() -> Select[int]:
    return select(PumpLease.fence).where(*_OURS).with_for_update()


def _named(lease: Lease) -> dict[str, object]:
    return {"by_route": lease.route_id, "by": lease.holder, "number": lease.fence}


def renew_lease(session: Session, lease: Lease) -> None:
    """Keep the lease. Raises LeaseLost."""
    _change_lease(session, lease, expires_at=now() + lease.spans.lease)


def give_back(session: Session, lease: Lease, handover: Handover) -> None:
    """End the lease, and leave to the next holder what it must know. Raises LeaseLost."""
    arrived = [round(moment, 4) for moment in handover.arrived]
    _change_lease(
        session,
        lease,
        expires_at=now(),
        given_back=lease.fence,
        next_send_at=handover.next_at,
        arrived=arrived,
    )


def _change_lease(session: Session, lease: Lease, **columns: object) -> None:
    changed = session.execute(
        update(PumpLease).where(*_OURS).values(columns).returning(PumpLease.fence), _named(lease)
    ).one_or_none()
    if changed is None:
        raise LeaseLost("Another pump holds this route.")


def take(
    session: Session,
    lease: Lease,
    size: int,
    answer_timeout: float,
    taking: Taking,
    capabilities: Capabilities | None = None,
) -> list[Claimed]:
    """Claim and fence up to `size` messages of the task whose turn it is; once that is committed, they may leave.

    `answer_timeout` is the gateway's, in seconds: the claim outlives it. Empty when nothing is due. Taking again with
    the same `taking`, because nobody heard whether the first commit succeeded, finds what that one marked.

    Tasks take turns by `pump_turn`: the one served longest ago is next. A turn is a number, not a time: a clock
    that is set back must not put a task behind all others. A route that is paused meanwhile has nothing due. A route
    that stands in for another takes that one's tasks too; the price stays as quoted.
    """
    moment = now()
    dedupes = capabilities is None or capabilities.dedupes_reference
    if taking.tried and (before := _taken_before(session, taking, dedupes)):
        return before
    taking.tried = True
    next_task, present = _next_task()
    task = session.execute(next_task, {"by_route": lease.route_id} | present.given(moment)).one_or_none()
    if task is None:
        return []
    allowance = Allowance(session, lease.route_id, task, size, capabilities)
    if allowance.size == 0:
        return []
    session.execute(_taking_turn(), {"by_route": lease.route_id, "served": task.id})
    claim_expires_at = moment + timedelta(seconds=answer_timeout) + lease.spans.margin
    rows = fence(session, task, lease.route_id, allowance.size, moment, taking.token, claim_expires_at)
    allowance.count([row.e164 for row in rows])
    strayed = [row.id for row in rows if row.route_id != lease.route_id]
    if strayed:  # their receipts will come on this route
        session.execute(
            update(Message)
            .where(Message.id.in_(strayed))
            .values(route_id=lease.route_id)
            .execution_options(synchronize_session=False)
        )
    return _as_claimed(session, rows, task, taking, dedupes)


@cache
def _next_task() -> tuple[Select[Any], Moment]:
    """The task whose turn it is on `by_route`, locked."""
    moment = Moment()
    # Asked in this way, it is looked up for each task; joined as EXISTS would be, PostgreSQL may read whole queues.
    first_due = (
        select(Message.id)
        .where(Message.task_id == Task.id, *due(moment), is_let(), may_go_by_route())
        .order_by(Message.id)
        .limit(1)
        .correlate(Task, Route)
        .scalar_subquery()
    )
    statement = (
        select(
            *_OF_TASK,
            (Task.route_id == Route.id).label("is_own"),
            Task.account_id,
            Account.daily_cap.label("account_cap"),
            Route.daily_cap.label("route_cap"),
        )
        .join(Account, Account.id == Task.account_id)
        .join(Route, Route.id == bindparam("by_route"))
        .where(
            or_(Task.route_id == Route.id, Task.route_id.in_(stood_in_for(moment))),
            Route.paused_reason.is_(None),
            Task.state == TaskState.RUNNING,
            Account.stopped_reason.is_(None),
            Account.state == AccountState.ACTIVE,
            *sends(moment),
            first_due.is_not(None),
        )
        .order_by(Task.pump_turn, Task.id)
        .limit(1)
        .with_for_update(of=Task)
    )
    return statement, moment


@cache
def _taking_turn() -> Update:
    """Puts the task `served` behind all others of `by_route`."""
    other = aliased(Task)
    last_turn = select(func.max(other.pump_turn)).where(
        other.route_id == bindparam("by_route"), other.state == TaskState.RUNNING
    )
    return (
        update(Task)
        .where(Task.id == bindparam("served"))
        .values(
            pump_turn=func.coalesce(last_turn.scalar_subquery(), Task.pump_turn) + 1,
            changed_at=Task.changed_at,
        )
        .execution_options(synchronize_session=False)
    )


def _taken_before(session: Session, taking: Taking, dedupes: bool) -> list[Claimed]:
    """What an earlier try of the same taking marked, whose commit nobody heard of."""
    moment = now()
    marked = (UNANSWERED, Message.status == MessageStatus.SENDING, Message.claim == taking.token)
    task_id = session.scalar(select(Message.task_id).where(*marked).limit(1))
    if task_id is None:
        return []
    task = session.execute(
        select(*_OF_TASK).join(Route, Route.id == Task.route_id).where(Task.id == task_id)
    ).one()
    rows = session.execute(select(*COLUMNS).where(*marked, Message.claim_expires_at > moment))
    return _as_claimed(session, [Fenced._make(row) for row in rows], task, taking, dedupes)


def _as_claimed(
    session: Session, rows: Sequence[Fenced], task: Any, taking: Taking, dedupes: bool
) -> list[Claimed]:
    """As the pump sends them.

    Without what may have left already where the gateway does not recognise it, or not any more, as when staff changed
    the route: that does not leave, and is in doubt once its claim has lapsed.
    """
    template = template_of(session, task.template_id)
    shared = Shared(task.content, task.sender_id)  # a row looks for each name anew, for every message
    task_id, token = task.id, taking.token
    return [
        Claimed(row.id, task_id, row.attempt, token, outgoing(row, shared, template))
        for row in rows
        if dedupes or not row.may_have_left
    ]


def routes_with_work(session: Session) -> list[int]:
    """The routes that have something to send now and no pump at it."""
    moment = now()
    return list(
        session.scalars(
            select(Route.id)
            .outerjoin(PumpLease, PumpLease.route_id == Route.id)
            .where(
                is_free(moment),
                is_awake(Route, moment),
                Route.paused_reason.is_(None),
                has_work(moment),
            )
        )
    )


def routes_awaiting_receipts(session: Session) -> list[Route]:
    """The routes on which receipts are still to come, and no pump is there to take them off a session."""
    moment = now()
    return list(
        session.scalars(
            select(Route)
            .outerjoin(PumpLease, PumpLease.route_id == Route.id)
            .where(
                is_free(moment),
                is_awake(Route, moment),
                awaits_receipts(moment),
            )
        )
    )
