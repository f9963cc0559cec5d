"""Forgetting what has served its time: once a day, asked for by the ticker."""

from __future__ import annotations

import structlog

from app.accounts.clearing import clear_old_rows
from app.database import refresh_figures, rewrite
from app.sending.abandoned import let_all_go, let_go, remove_abandoned
from jobs.context import job_session, job_settings

log = structlog.get_logger()


def clear(_: int = 0) -> None:
    """Forget old rows and abandoned files. What a lost job left undone, the next day's does."""
    with job_session() as session:
        rows = clear_old_rows(session)
        uploads_url = job_settings().uploads_url
        files = let_all_go(session, uploads_url) + remove_abandoned(session, uploads_url)
        rewrite(session)
        refresh_figures(session)
    log.info("cleared", files=files, **rows)


def let_upload_go(task_id: int) -> None:
    """Remove the uploaded file of a task that needs it no more."""
    with job_session() as session:
        let_go(session, task_id, job_settings().uploads_url)
