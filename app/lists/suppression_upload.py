"""Files of numbers to be suppressed: asked for in the panel, read by a job under the same limits as any file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.language import gettext
from app.lists.suppression import LONGEST_NOTE, suppress_intake
from app.models import SuppressionSource, SuppressionUpload, UploadState, User
from app.queues import enqueue_after_commit
from app.recipients.confined import take_in_file
from app.recipients.errors import FileRefused
from app.recipients.intake import Intake
from app.recipients.limits import FileLimits
from app.recipients.numbers import NumberRules

log = structlog.get_logger()

MOST_ROWS: Final = 50_000
MAX_ATTEMPTS: Final = 3
STALE: Final = timedelta(seconds=90)
Opener = Callable[[str], AbstractContextManager[Path]]
Remover = Callable[[str], None]


def ask(
    session: Session, user_id: int, account_id: int | None, upload_key: str, upload_name: str, note: str
) -> SuppressionUpload:
    """Keep a stored file to be read by a job."""
    upload = SuppressionUpload(
        account_id=account_id,
        user_id=user_id,
        upload_key=upload_key,
        upload_name=upload_name,
        note=note[:LONGEST_NOTE],
    )
    session.add(upload)
    session.flush()
    enqueue_after_commit(session, "jobs.lists.read_suppressions", upload.id)
    return upload


def read(session: Session, upload_id: int, open_upload: Opener, remove_file: Remover, max_bytes: int) -> None:
    """Read an upload that waits, and suppress its numbers; any other is left alone. The file is removed then.

    It commits on its way, since no transaction may stand open while a file is read.
    """
    begun = _begin(session, upload_id)
    if begun is None:
        return
    key, name = begun
    try:
        with open_upload(key) as path:
            limits = FileLimits(max_recipients=MOST_ROWS, max_bytes=max_bytes)
            intake = take_in_file(path, NumberRules(), limits, name=name)
    except FileRefused as refused:
        _refuse(session, upload_id, refused.message)
    except FileNotFoundError:
        _refuse(session, upload_id, gettext("The uploaded file is no longer stored. Upload it again."))
    else:
        _store(session, upload_id, intake)
    remove_file(key)


def latest(session: Session, account_id: int | None, most: int = 5) -> Sequence[SuppressionUpload]:
    """The newest uploads to this list."""
    mine = (
        SuppressionUpload.account_id.is_(None)
        if account_id is None
        else SuppressionUpload.account_id == account_id
    )
    return session.scalars(
        select(SuppressionUpload).where(mine).order_by(SuppressionUpload.id.desc()).limit(most)
    ).all()


def stale_uploads(session: Session) -> list[int]:
    """Uploads whose job was lost, or died."""
    return list(
        session.scalars(
            select(SuppressionUpload.id).where(
                SuppressionUpload.state == UploadState.READING,
                SuppressionUpload.changed_at <= now() - STALE,
            )
        )
    )


def _begin(session: Session, upload_id: int) -> tuple[str, str] | None:
    with write_transaction(session):
        upload = session.get(SuppressionUpload, upload_id, with_for_update=True)
        if upload is None or upload.state != UploadState.READING:
            return None
        upload.attempts += 1
        if upload.attempts > MAX_ATTEMPTS:
            upload.state = UploadState.REFUSED
            upload.state_reason = gettext(
                "Reading this file failed several times. Nothing of it was taken. Try a simpler file."
            )
            return None
        return upload.upload_key, upload.upload_name


def _store(session: Session, upload_id: int, intake: Intake) -> None:
    with write_transaction(session):
        upload = session.get_one(SuppressionUpload, upload_id, with_for_update=True)
        if upload.state != UploadState.READING:
            return  # another copy of this job was quicker
        actor = Actor.of(session.get_one(User, upload.user_id), None)
        source = SuppressionSource.FILE if upload.account_id is not None else SuppressionSource.STAFF
        added = suppress_intake(session, actor, upload.account_id, intake, source, upload.note)
        upload.state = UploadState.DONE
        upload.added, upload.known, upload.rejected = added.added, added.known, len(added.rejections)


def _refuse(session: Session, upload_id: int, reason: str) -> None:
    log.info("suppression_file_refused", upload=upload_id)
    with write_transaction(session):
        upload = session.get_one(SuppressionUpload, upload_id, with_for_update=True)
        if upload.state == UploadState.READING:
            upload.state, upload.state_reason = UploadState.REFUSED, reason
