"""Erasing what has had its time, for a minute at most: asked for by the ticker, again and again."""

from __future__ import annotations

import time
from functools import partial
from typing import Final

import structlog

from app.clock import now
from app.database import truncate_log
from app.retention import due, erasing
from app.sending.dispatch import caps
from app.stored_files import remove_file
from jobs.context import job_session, job_settings

log = structlog.get_logger()

_SLICE: Final = 60.0  # seconds


def erase(_: int = 0) -> None:
    """Erase tasks and drafts that are due, the oldest first. What is left when the time is over waits for the next."""
    settings = job_settings()
    before, ends = now() - settings.retention, time.monotonic() + _SLICE
    remove = partial(remove_file, settings.uploads_url)
    tasks = drafts = 0
    with job_session() as session:
        ended = None
        while time.monotonic() < ends and (over := due.tasks_due(session, before, ended)):
            tasks += sum([erasing.erase_task(session, task_id, before) for _, task_id in over])
            ended = over[-1]
        while time.monotonic() < ends and (untouched := due.drafts_due(session, before)):
            drafts += sum([erasing.erase_draft(session, task_id, before, remove) for task_id in untouched])
        receipts = erasing.forget_unmatched(session, before)
        of_closed = erasing.erase_closed_accounts(session, before)
        searched = erasing.forget_searched_numbers(session, before)
        recipients = caps.forget_recipients(session)
        session.rollback()
        gone = {"tasks": tasks, "drafts": drafts, "receipts": receipts, "rows_of_closed_accounts": of_closed}
        gone |= {"searches": searched, "recent_recipients": recipients}
        if any(gone.values()):
            truncate_log(session)
            log.info("erased", **gone)
