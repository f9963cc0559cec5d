"""Applying delivery receipts."""

from __future__ import annotations

import time
from typing import Final

from app.database import write_transaction
from app.queues import enqueue
from app.sending.receipts import BATCH, apply_due
from jobs.context import job_session

_SLICE: Final = 10.0  # seconds, after which whoever else waits for the worker has it


def apply(route_id: int) -> None:
    """Apply what waits on a route, a batch to a transaction, for a slice; what is left then is asked for anew."""
    ends = time.monotonic() + _SLICE
    with job_session() as session:
        looked_at = BATCH
        while looked_at == BATCH:
            with write_transaction(session):
                looked_at = apply_due(session, route_id)
            if time.monotonic() >= ends:
                break
    if looked_at == BATCH:
        enqueue("jobs.receipts.apply", route_id)
