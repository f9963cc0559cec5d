"""The nightly proof that the books add up."""

from __future__ import annotations

from app.database import write_transaction
from app.ledger.audit import audit, enforce
from jobs.context import job_session


def enforce_audit(_: int = 0) -> None:
    """Audit every account; stop those whose books differ, and tell staff."""
    with job_session() as session:
        report = audit(session)  # outside of a write transaction: on SQLite that would block every writer
        if not report.ok:
            with write_transaction(session):
                enforce(session, report)
