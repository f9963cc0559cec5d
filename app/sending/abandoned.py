"""Uploaded files that nothing names: a form that was never sent again, a draft's file that a better one replaced."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import fsspec
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.clock import now
from app.models import AccountExport, RecipientList, SuppressionUpload, Task, WhatsAppTemplate

ABANDONED_AFTER: Final = timedelta(days=2)
_KEY = re.compile(r"(export-)?[0-9a-f]{32}")  # what we call files; whatever else lies there is not ours
_BATCH: Final = 10_000
_NAMED_BY: Final[tuple[InstrumentedAttribute[str | None] | InstrumentedAttribute[str], ...]] = (
    Task.upload_key,
    RecipientList.upload_key,
    SuppressionUpload.upload_key,
    WhatsAppTemplate.header_key,
    AccountExport.file_key,
)


def remove_abandoned(session: Session, uploads_url: str) -> int:
    """Remove files that no row names and that are two days old; returns how many.

    Receipts of top-ups lie in a folder of their own and are not looked at. The files are listed before the rows are
    read: one that is uploaded in between is not on the list.
    """
    filesystem, root = fsspec.core.url_to_fs(uploads_url)
    if not filesystem.exists(root):
        return 0
    paths = {
        name: path
        for path in filesystem.ls(root, detail=False)
        if _KEY.fullmatch(name := path.rstrip("/").rpartition("/")[2])
    }
    for column in _NAMED_BY:
        named = select(column).where(column.is_not(None)).execution_options(yield_per=_BATCH)
        for key in session.scalars(named):
            paths.pop(key or "", None)
    session.rollback()
    old = [path for path in paths.values() if _modified(filesystem, path) < now() - ABANDONED_AFTER]
    for path in old:
        filesystem.rm_file(path)
    return len(old)


def _modified(filesystem: fsspec.AbstractFileSystem, path: str) -> datetime:
    """When the file was written; some stores tell it in UTC without saying so."""
    moment: datetime = filesystem.modified(path)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
