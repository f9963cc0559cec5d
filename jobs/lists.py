"""Reading uploaded files into saved lists and suppression lists."""

from __future__ import annotations

from functools import partial

from app.lists import reading, suppression_upload
from app.recipients.limits import FileLimits
from app.sending.uploads import local_copy
from jobs.context import job_session, job_settings


def read_list(list_id: int) -> None:
    """Read the file of a saved list."""
    settings = job_settings()
    limits = FileLimits(
        max_recipients=settings.limits.bulk_recipients, max_bytes=settings.limits.upload_bytes
    )
    with job_session() as session:
        reading.read_list(session, list_id, partial(local_copy, settings.uploads_url), limits)


def read_suppressions(upload_id: int) -> None:
    """Read a file of numbers to be suppressed."""
    settings = job_settings()
    open_upload = partial(local_copy, settings.uploads_url)
    with job_session() as session:
        suppression_upload.read(session, upload_id, open_upload, settings.limits.upload_bytes)
