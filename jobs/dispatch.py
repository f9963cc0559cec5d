"""Pumping routes."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import time

import structlog
import uvloop
from flask import Flask
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.extensions import db
from app.gateways.base import SettingsRefused
from app.gateways.errors import ErrorCode
from app.lists.carrier_opt_outs import take_opt_outs
from app.models import Route
from app.queues import enqueue, others_wait
from app.sending.dispatch.claims import Spans
from app.sending.dispatch.due import awaits_receipts, has_work, rests
from app.sending.dispatch.outcomes import trip_breaker
from app.sending.dispatch.pump import Pump, Turn
from app.sending.gateways import gateway_for
from config import Settings
from jobs import context, shutdown

log = structlog.get_logger()

_SHORTEST_SLICE = 2.0
# A session is not torn down more often than it must be; well within the time that the job may take.
_SESSION_SLICE = 120.0


def pump(route_id: int) -> None:
    """Pump a route for one slice, then queue the next one while there is work.

    Any number of these may run for a route: all but the holder of its lease end at once.
    """
    with context.job_session() as session:
        pump_slice(context.load_app(), session, route_id)


def pump_slice(app: Flask, session: Session, route_id: int) -> Turn | None:
    """One slice of one route; None when the route is closed to sending, or its settings do not work.

    It makes room early when other jobs wait for a worker.
    """
    settings: Settings = app.config["CARILLON"]
    route = session.get(Route, route_id)
    if route is None or rests(route, now()):
        return None
    try:
        gateway = gateway_for(route, settings)
    except SettingsRefused as error:
        log.error("gateway_settings_refused", route=route_id, error=str(error))
        with write_transaction(session):
            trip_breaker(session, route_id, ErrorCode.GATEWAY_SETTINGS)
        return None
    keeps_session = gateway.capabilities.keeps_session
    if route.paused_reason and not keeps_session:
        return None  # it sends nothing; one that keeps a session still takes its receipts
    started = time.monotonic()
    longest = max(settings.pump_slice.total_seconds(), _SESSION_SLICE if keeps_session else 0.0)
    pump = Pump(
        db.engine,
        route_id,
        gateway,
        route.rate,
        holder=f"{socket.gethostname()}.{os.getpid()}.{secrets.token_hex(4)}"[-64:],
        slice_seconds=_SHORTEST_SLICE,
        spans=Spans(settings.pump_lease, settings.claim_margin),
        should_yield=lambda: time.monotonic() - started > longest or _others_wait(app, route_id),
        on_release=lambda: _go_on(app, route_id, keeps_session),
        on_reports=lambda: _apply_reports(app, route_id),
        take_opt_outs=take_opt_outs,
        context=app.app_context,
        carrier_since=route.carrier_since,
    )
    session.rollback()  # nothing stays open while the pump works
    turn = _run(pump)
    log.info("pumped", route=route_id, sent=turn.sent, had_lease=turn.had_lease, rested=turn.rested)
    return turn


def _run(pump: Pump) -> Turn:
    """Run the pump on a loop of its own; SIGTERM makes it finish what is on the wire and end."""

    async def main() -> Turn:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, pump.stop)
        if shutdown.requested():  # it came before there was a loop to hear it
            pump.stop()
        return await pump.run()

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(main())
    finally:
        shutdown.listen()  # the loop's own handler went with it


def _others_wait(app: Flask, route_id: int) -> bool:
    """The route's own next slice, asked for before this one had the lease, does not count."""
    with app.app_context():
        return others_wait("jobs.dispatch.pump", route_id)


def _go_on(app: Flask, route_id: int, keeps_session: bool) -> None:
    """Queue the route's next slice, if there is work for one, or receipts are to come on its session."""
    moment = now()
    wanted = and_(Route.paused_reason.is_(None), has_work(moment))
    if keeps_session:
        wanted = or_(wanted, awaits_receipts(moment))
    with app.app_context():
        if db.session.scalar(select(Route.id).where(Route.id == route_id, wanted)) is not None:
            enqueue("jobs.dispatch.pump", route_id)


def _apply_reports(app: Flask, route_id: int) -> None:
    with app.app_context():
        enqueue("jobs.receipts.apply", route_id)
