"""Reading uploaded files into saved lists and suppression lists."""

from __future__ import annotations

from functools import partial

from app.database import write_transaction
from app.lists import reading, suppression_upload
from app.lists.suppression_upload import Opener, Remover
from app.recipients.limits import FileLimits
from app.sending.suppressed import leave_out_suppressed, tasks_under_way
from app.stored_files import local_copy, remove_file
from config import Settings
from jobs.context import job_session, job_settings


def read_list(list_id: int) -> None:
    """Read the file of a saved list."""
    settings = job_settings()
    limits = FileLimits(
        max_recipients=settings.limits.bulk_recipients, max_bytes=settings.limits.upload_bytes
    )
    with job_session() as session:
        reading.read_list(session, list_id, *_store(settings), limits)


def read_suppressions(upload_id: int) -> None:
    """Read a file of numbers to be suppressed."""
    settings = job_settings()
    with job_session() as session:
        suppression_upload.read(session, upload_id, *_store(settings), settings.limits.upload_bytes)


def leave_out(account_id: int) -> None:
    """Take what is queued to suppressed numbers out of an account's running tasks, or with 0 out of everybody's."""
    with job_session() as session:
        task_ids = tasks_under_way(session, account_id or None)
        session.rollback()
        for task_id in task_ids:
            with write_transaction(session):
                leave_out_suppressed(session, task_id)


def _store(settings: Settings) -> tuple[Opener, Remover]:
    """How stored files are opened, and removed."""
    url = settings.uploads_url
    return partial(local_copy, url), partial(remove_file, url)
