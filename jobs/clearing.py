"""Forgetting what has served its time: once a day, asked for by the ticker."""

from __future__ import annotations

import structlog

from app.accounts.clearing import clear_old_rows
from app.sending.abandoned import remove_abandoned
from jobs.context import job_session, job_settings

log = structlog.get_logger()


def clear(_: int = 0) -> None:
    """Forget old rows and abandoned files. What a lost job left undone, the next day's does."""
    with job_session() as session:
        rows = clear_old_rows(session)
        files = remove_abandoned(session, job_settings().uploads_url)
    log.info("cleared", files=files, **rows)
