"""Applying delivery receipts."""

from __future__ import annotations

from app.database import write_transaction
from app.sending.receipts import BATCH, apply_due
from jobs.context import job_session


def apply(route_id: int) -> None:
    """Apply what waits on a route, a batch to a transaction, until nothing is due."""
    with job_session() as session:
        looked_at = BATCH
        while looked_at == BATCH:
            with write_transaction(session):
                looked_at = apply_due(session, route_id)
