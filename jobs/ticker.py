"""The ticker: every few seconds, put right in Redis what the database says should be going on.

`python -m jobs.ticker`. Any number may run; each is harmless without the others. It never needs Redis to have
remembered anything.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.export import forget_expired, stale_exports
from app.accounts.terms_telling import TELL_EVERY, tell_of_new_terms
from app.database import write_transaction
from app.exports import making
from app.gateways.base import Capabilities, SettingsRefused
from app.letters.sending import due_letters
from app.lists.reading import stale_lists
from app.lists.suppression import left_out_undone
from app.lists.suppression_upload import stale_uploads
from app.models import Route
from app.queues import enqueue
from app.sending import canary, heartbeat, sweep
from app.sending.asking import routes_to_ask
from app.sending.dispatch.claims import routes_awaiting_receipts, routes_with_work
from app.sending.gateways import gateway_for
from app.sending.receipts import routes_with_due_receipts
from app.sending.steady import steady_time
from app.topups.low_balance import LOOK_EVERY, tell_low_balances
from config import Settings
from jobs.context import await_schema, job_session, job_settings

log = structlog.get_logger()

_DOUBTS_EVERY = timedelta(minutes=1)
_ERASE_EVERY = timedelta(minutes=15)


def tick(session: Session, settings: Settings) -> None:
    """One look at everything. A step that fails is logged, and holds up no other."""
    for step in (
        _start,
        _put_right,
        _release_doubts,
        _judge_canaries,
        _release_too_late,
        _ask_for_pumps,
        _ask_for_receipts,
        _ask_about_doubts,
        _ask_for_checks,
        _ask_for_lists,
        _ask_for_audit,
        _ask_for_clearing,
        _ask_for_erasing,
        _look_after_exports,
        _tell_low_balances,
        _tell_of_new_terms,
    ):
        try:
            step(session, settings)
        except Exception:
            log.exception("tick_failed", step=step.__name__)
        session.rollback()


def _start(session: Session, settings: Settings) -> None:
    with write_transaction(session):
        until = steady_time(session)
    with write_transaction(session):
        heartbeat.beat(session)
        sweep.start_due(session, settings.late_start, until)


def _put_right(session: Session, settings: Settings) -> None:
    resend_routes = _resend_routes(session, settings)
    with write_transaction(session):
        sweep.doubt_lapsed_sends(session, resend_routes)


def _release_doubts(session: Session, settings: Settings) -> None:
    """Far less often than the rest: it reads many messages to find few, and an hour more or less is nothing."""
    every = min(_DOUBTS_EVERY, settings.in_doubt_release / 10)
    with write_transaction(session):
        if sweep.claim_chore(session, "doubts", every):
            sweep.release_old_doubts(session, settings.in_doubt_release)


def _judge_canaries(session: Session, settings: Settings) -> None:
    with write_transaction(session):
        canary.judge_all(session, settings.canary_most_lost, settings.canary_patience)


def _release_too_late(session: Session, _settings: Settings) -> None:
    with write_transaction(session):
        sweep.release_too_late(session)


def _ask_for_pumps(session: Session, settings: Settings) -> None:
    for route_id in routes_with_work(session):
        enqueue("jobs.dispatch.pump", route_id)
    for route in routes_awaiting_receipts(session):
        if _has(route, settings, lambda can: can.keeps_session):
            enqueue("jobs.dispatch.pump", route.id)


def _ask_for_receipts(session: Session, _settings: Settings) -> None:
    for route_id in routes_with_due_receipts(session):
        enqueue("jobs.receipts.apply", route_id)


def _ask_about_doubts(session: Session, settings: Settings) -> None:
    for route in routes_to_ask(session):
        if _has(route, settings, lambda can: can.can_be_asked):
            enqueue("jobs.asking.ask", route.id)


def _ask_for_checks(session: Session, _settings: Settings) -> None:
    for letter_id in due_letters(session):
        enqueue("jobs.letters.send", letter_id)
    for task_id in sweep.stale_checks(session):
        with write_transaction(session):
            sweep.touch_check(session, task_id)
        enqueue("jobs.intake.check", task_id)


def _ask_for_lists(session: Session, _settings: Settings) -> None:
    for list_id in stale_lists(session):
        enqueue("jobs.lists.read_list", list_id)
    for upload_id in stale_uploads(session):
        enqueue("jobs.lists.read_suppressions", upload_id)
    for account_id in sorted(set(left_out_undone(session).values())):
        enqueue("jobs.lists.leave_out", account_id)


def _ask_for_audit(session: Session, _settings: Settings) -> None:
    with write_transaction(session):
        is_due = sweep.claim_chore(session, "audit", timedelta(days=1))
    if is_due:
        enqueue("jobs.audit.enforce_audit", 0)


def _ask_for_clearing(session: Session, _settings: Settings) -> None:
    with write_transaction(session):
        is_due = sweep.claim_chore(session, "clearing", timedelta(days=1))
    if is_due:
        enqueue("jobs.clearing.clear", 0)


def _ask_for_erasing(session: Session, _settings: Settings) -> None:
    with write_transaction(session):
        is_due = sweep.claim_chore(session, "erasing", _ERASE_EVERY)
    if is_due:
        enqueue("jobs.retention.erase", 0)


def _look_after_exports(session: Session, settings: Settings) -> None:
    for export_id in stale_exports(session):
        enqueue("jobs.export.pack", export_id)
    for export_id in making.stale_exports(session):
        enqueue("jobs.export.make", export_id)
    with write_transaction(session):
        is_due = sweep.claim_chore(session, "exports", timedelta(hours=1))
    if is_due:
        forget_expired(session, settings)
        making.forget_expired(session, settings)


def _tell_low_balances(session: Session, _settings: Settings) -> None:
    with write_transaction(session):
        if sweep.claim_chore(session, "low-balance", LOOK_EVERY):
            tell_low_balances(session)


def _tell_of_new_terms(session: Session, _settings: Settings) -> None:
    with write_transaction(session):
        if sweep.claim_chore(session, "new-terms", TELL_EVERY):
            tell_of_new_terms(session)


def main() -> None:
    """Tick until SIGTERM or SIGINT."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    settings = job_settings()
    if not await_schema(stopping.wait):
        return
    log.info("ticker_started", every=settings.ticker_interval.total_seconds())
    while not stopping.is_set():
        try:
            with job_session() as session:
                tick(session, settings)
        except Exception:  # a connection that was cut off may break in the rolling back, too
            log.exception("tick_failed", step="all")
        stopping.wait(settings.ticker_interval.total_seconds())


def _resend_routes(session: Session, settings: Settings) -> frozenset[int]:
    """The routes whose gateways recognise a reference that they saw before."""
    return frozenset(
        route.id
        for route in session.scalars(select(Route))
        if _has(route, settings, lambda can: can.dedupes_reference)
    )


def _has(route: Route, settings: Settings, capability: Callable[[Capabilities], bool]) -> bool:
    """Whether the route's gateway can do it; one whose settings do not work can do nothing."""
    try:
        return capability(gateway_for(route, settings).capabilities)
    except SettingsRefused:
        return False


if __name__ == "__main__":
    main()
