"""Checking drafts, and reading files of numbers: what accounts take turns at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from sqlalchemy.orm import Session

from app.language import speaking
from app.lists import reading, suppression_upload
from app.lists.suppression_upload import Opener, Remover
from app.recipients.limits import FileLimits
from app.sending.drafting.checking import check as check_draft
from app.sending.intake_turns import take_turn
from app.stored_files import local_copy, remove_file
from config import Settings
from jobs.context import job_session, job_settings


def check(task_id: int) -> None:
    """Read, check and price a draft, or do what is due before it."""
    in_turn("jobs.intake.check", task_id)


def in_turn(job: str, subject_id: int) -> None:
    """Do the job, or that of an account whose turn it is before this one's."""
    with job_session() as session, speaking(None):
        turn = take_turn(session, job, subject_id)
        _DONE_BY[turn.job](session, turn.subject_id, job_settings())


def _check(session: Session, task_id: int, settings: Settings) -> None:
    check_draft(session, task_id, settings)


def _read_list(session: Session, list_id: int, settings: Settings) -> None:
    limits = FileLimits(
        max_recipients=settings.limits.bulk_recipients, max_bytes=settings.limits.upload_bytes
    )
    reading.read_list(session, list_id, *_store(settings), limits)


def _read_suppressions(session: Session, upload_id: int, settings: Settings) -> None:
    suppression_upload.read(session, upload_id, *_store(settings), settings.limits.upload_bytes)


def _store(settings: Settings) -> tuple[Opener, Remover]:
    """How stored files are opened, and removed."""
    url = settings.uploads_url
    return partial(local_copy, url), partial(remove_file, url)


_DONE_BY: Final[Mapping[str, Callable[[Session, int, Settings], None]]] = MappingProxyType(
    {
        "jobs.intake.check": _check,
        "jobs.lists.read_list": _read_list,
        "jobs.lists.read_suppressions": _read_suppressions,
    }
)
