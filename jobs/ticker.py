"""The ticker: every few seconds, put right in Redis what the database says should be going on.

`python -m jobs.ticker`. Any number may run; each is harmless without the others. It never needs Redis to have
remembered anything.
"""

from __future__ import annotations

import signal
import threading
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.database import write_transaction
from app.models import Route
from app.queues import enqueue
from app.sending import sweep
from app.sending.claims import routes_with_work
from app.sending.gateways import gateway_for
from app.sending.receipts import routes_with_due_receipts
from config import Settings
from jobs.context import job_session, load_app

log = structlog.get_logger()


def tick(session: Session, settings: Settings) -> None:
    """One look at everything: short transactions, then the asking."""
    with write_transaction(session):
        sweep.start_due(session, settings.late_start)
    with write_transaction(session):
        sweep.return_lapsed_claims(session)
        sweep.doubt_lapsed_sends(session, _resend_routes(session, settings))
        sweep.release_old_doubts(session, settings.in_doubt_release)
    for route_id in routes_with_work(session):
        enqueue("jobs.dispatch.pump", route_id)
    for route_id in routes_with_due_receipts(session):
        enqueue("jobs.receipts.apply", route_id)
    for task_id in sweep.stale_checks(session):
        with write_transaction(session):
            sweep.touch_check(session, task_id)
        enqueue("jobs.intake.check", task_id)
    with write_transaction(session):
        audit_is_due = sweep.claim_chore(session, "audit", timedelta(days=1))
    if audit_is_due:
        enqueue("jobs.audit.enforce_audit", 0)
    session.rollback()


def main() -> None:
    """Tick until SIGTERM or SIGINT."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    settings: Settings = load_app().config["CARILLON"]
    log.info("ticker_started", every=settings.ticker_interval.total_seconds())
    while not stopping.is_set():
        try:
            with job_session() as session:
                tick(session, settings)
        except SQLAlchemyError as error:
            log.error("tick_failed", error=str(error))
        stopping.wait(settings.ticker_interval.total_seconds())


def _resend_routes(session: Session, settings: Settings) -> frozenset[int]:
    """The routes whose gateways recognise a reference that they saw before."""
    return frozenset(
        route.id
        for route in session.query(Route)
        if gateway_for(route, settings).capabilities.dedupes_reference
    )


if __name__ == "__main__":
    main()
