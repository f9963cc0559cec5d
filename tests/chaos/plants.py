"""Bugs to plant into a crew, as a careless hand would leave them. The harness has to find each one.

They replace functions of the running test processes; the product has no switch for them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Response, request
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.blueprints.callbacks import routes as callbacks
from app.clock import now
from app.gateways.base import Capabilities
from app.ledger import transfers
from app.models import Message, MessageStatus, Money, PumpLease, Route, Task, TaskState
from app.sending import settlement, steering, sweep
from app.sending.dispatch import claims, outcomes
from app.sending.dispatch.pace import Handover

_M = MessageStatus


def no_fence() -> None:
    """Send first, mark later: what is taken stays in the queue in the eyes of all others until its answer is in."""
    take, record = claims.take, outcomes.record

    def careless_take(session: Session, *arguments: Any) -> list[claims.Claimed]:
        taken = take(session, *arguments)
        _mark(session, taken, status=_M.QUEUED, not_before=now() + timedelta(seconds=1.0))
        return taken

    def late_record(session: Session, results: Sequence[tuple[claims.Claimed, Any]], *more: Any) -> int:
        expires_at = now() + timedelta(seconds=60)
        _mark(session, [each for each, _ in results], status=_M.SENDING, claim_expires_at=expires_at)
        return record(session, results, *more)

    claims.take = careless_take  # type: ignore[assignment]
    outcomes.record = late_record  # type: ignore[assignment]


def _mark(session: Session, taken: Sequence[claims.Claimed], **values: Any) -> None:
    for claimed in taken:
        session.execute(
            update(Message)
            .where(Message.id == claimed.message_id, Message.status.in_((_M.QUEUED, _M.SENDING)))
            .values(claim=claimed.claim, attempt=claimed.attempt, **values)
        )


def resend_on_time_out() -> None:
    """Every carrier is taken for one that knows our references."""
    take, record, lapsed = claims.take, outcomes.record, sweep.doubt_lapsed_sends

    def trusting_take(session: Session, *arguments: Any) -> list[claims.Claimed]:
        *before, can = arguments
        return take(session, *before, replace(can, dedupes_reference=True))

    def trusting_record(session: Session, results: Any, can: Capabilities) -> int:
        return record(session, results, replace(can, dedupes_reference=True))

    def trusting_sweep(session: Session, _routes: frozenset[int]) -> int:
        return lapsed(session, frozenset(session.scalars(select(Route.id))))

    claims.take = trusting_take  # type: ignore[assignment]
    outcomes.record = trusting_record
    sweep.doubt_lapsed_sends = trusting_sweep


def acknowledge_before_commit() -> None:
    """Say thanks, then store: a web process killed in between loses what nobody sends again."""
    taken = callbacks._taken

    def thankful(route_public_id: str, body: bytes) -> Response:
        gateway = callbacks.gateway_for
        route = callbacks.db.session.scalar(
            callbacks.select(callbacks.Route).where(callbacks.Route.public_id == route_public_id)
        )
        settings = callbacks.current_app.config["CARILLON"]
        gateway(route, settings).read_receipts(
            callbacks._callback(body), now()
        )  # forged ones are still refused
        store = _in_this_context(lambda: taken(route_public_id, body))
        threading.Thread(target=lambda: (time.sleep(0.5), store()), daemon=True).start()
        return callbacks._answer(204)

    callbacks._taken = thankful  # type: ignore[assignment]


def _in_this_context(act: Callable[[], object]) -> Callable[[], object]:
    app, environ, body = (
        callbacks.current_app._get_current_object(),
        request.environ.copy(),
        request.get_data(),
    )

    def later() -> object:
        with app.request_context({**environ, "wsgi.input": __import__("io").BytesIO(body)}):
            return act()

    return later


def charge_twice() -> None:
    """Every batch is charged a second time, under a key of its own."""
    charge = transfers.charge

    def twice(session: Session, task_id: int, account_id: int, amount: int, key: str) -> Any:
        charge(session, task_id, account_id, amount, key=f"{key}:again")
        return charge(session, task_id, account_id, amount, key=key)

    settlement._TRANSFER[Money.HELD, Money.CHARGED] = twice  # type: ignore[index]


def forget_to_release() -> None:
    """What failed keeps its credit held for ever."""
    settlement._TRANSFER[Money.HELD, Money.RELEASED] = lambda *_, **__: None  # type: ignore[index]


def ignore_the_lease() -> None:
    """Every pump that is started pumps, whoever else does."""

    def always(session: Session, route_id: int, holder: str, spans: Any, *_: Any) -> claims.Lease:
        claims.insert_new(session, PumpLease.__table__, [{"route_id": route_id, "fence": 0}])
        fence = session.scalar(
            update(PumpLease)
            .where(PumpLease.route_id == route_id)
            .values(fence=PumpLease.fence + 1)
            .returning(PumpLease.fence)
        )
        assert fence is not None
        return claims.Lease(route_id, holder, fence, Handover(), spans)

    claims.acquire_lease = always  # type: ignore[assignment]
    claims.renew_lease = lambda *_, **__: None  # type: ignore[assignment]
    claims.give_back = lambda *_, **__: None  # type: ignore[assignment]
    claims.require_lease = lambda *_, **__: None  # type: ignore[assignment]


def forget_what_was_fenced() -> None:
    """Of what a pump takes it loses every tenth, which neither leaves nor is written down."""
    take = claims.take

    def lossy(session: Session, *arguments: Any) -> list[claims.Claimed]:
        return [claimed for claimed in take(session, *arguments) if claimed.message_id % 10]

    claims.take = lossy  # type: ignore[assignment]


def cancel_what_is_fenced() -> None:
    """Cancelling calls off and releases also what is on the wire."""
    cancel_unsent = steering.cancel_unsent

    def greedy(session: Session, task: Task) -> int:
        session.execute(
            update(Message)
            .where(Message.task_id == task.id, Message.status == _M.SENDING)
            .values(status=_M.QUEUED)
        )
        return cancel_unsent(session, task)

    steering.cancel_unsent = greedy


def resume_from_the_start() -> None:
    """A task that goes on begins anew, with what has left before the pause."""
    resume = steering.resume

    def forgetful(session: Session, account_id: int, public_id: str, **more: Any) -> Task:
        task = resume(session, account_id, public_id, **more)
        has_left = (_M.SENDING, _M.ACCEPTED, _M.DELIVERED)
        session.execute(
            update(Message)
            .where(Message.task_id == task.id, Message.status.in_(has_left))
            .values(status=_M.QUEUED, money=Money.HELD, final_at=None)
        )
        return task

    steering.resume = forgetful


def pump_through_a_pause() -> None:
    """A pump does not ask whether a task is paused."""
    take = claims.take

    def deaf(session: Session, *arguments: Any) -> list[claims.Claimed]:
        paused = session.scalars(select(Task.id).where(Task.state == TaskState.PAUSED)).all()
        _put(session, paused, TaskState.RUNNING)
        taken = take(session, *arguments)
        _put(session, paused, TaskState.PAUSED)
        return taken

    claims.take = deaf  # type: ignore[assignment]


def _put(session: Session, task_ids: Sequence[int], state: TaskState) -> None:
    session.execute(update(Task).where(Task.id.in_(task_ids)).values(state=state))


PLANTS: dict[str, Callable[[], None]] = {
    plant.__name__: plant
    for plant in (
        no_fence,
        resend_on_time_out,
        acknowledge_before_commit,
        charge_twice,
        forget_to_release,
        ignore_the_lease,
        forget_what_was_fenced,
        cancel_what_is_fenced,
        resume_from_the_start,
        pump_through_a_pause,
    )
}


def plant(name: str) -> None:
    """Plant the bug of that name; none without one."""
    if name:
        PLANTS[name]()
