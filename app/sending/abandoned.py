"""Uploaded files that have served: of submitted and discarded tasks, and those that nothing names any more."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import fsspec
from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from app.clock import now
from app.database import after_commit, write_transaction
from app.models import (
    AccountExport,
    ListState,
    RecipientList,
    RecordExport,
    SuppressionUpload,
    Task,
    TaskState,
    UploadState,
    WhatsAppTemplate,
)
from app.sending.states import DRAFT_STATES
from app.stored_files import account_folder, remove_file

ABANDONED_AFTER: Final = timedelta(days=2)
MOST_LEFT_BEHIND: Final = (
    20  # files of an account; each has 10 MB at most, so that nobody fills the disk with them
)
# What we call files; whatever else lies there is not ours.
_KEY = re.compile(r"(account-[0-9]+/)?(export-|rows-)?[0-9a-f]{32}")
_UPLOAD = re.compile(r"[0-9a-f]{32}")
_BATCH: Final = 10_000
_Names = Select[str | None] | Select[str]
# A list or a suppression that was read, or could not be, has what it needs of its file.
_LISTS: Final = select(RecipientList.upload_key).where(RecipientList.state == ListState.READING)
_SUPPRESSIONS: Final = select(SuppressionUpload.upload_key).where(
    SuppressionUpload.state == UploadState.READING
)
_HEADERS: Final = select(WhatsAppTemplate.header_key).where(WhatsAppTemplate.header_key.is_not(None))
_NAMES: Final[tuple[_Names, ...]] = (
    select(Task.upload_key).where(Task.upload_key.is_not(None)),
    _LISTS,
    _SUPPRESSIONS,
    _HEADERS,
    select(AccountExport.file_key).where(AccountExport.file_key.is_not(None)),
    select(RecordExport.file_key).where(RecordExport.file_key.is_not(None)),
)


def let_go(session: Session, task_id: int, uploads_url: str) -> bool:
    """Remove the uploaded file of a task that was submitted or discarded; whether there was one.

    A draft keeps its file, however often it is edited. Of a discarded one only the file is gone: a new one saves it.
    """
    with write_transaction(session):
        task = session.get(Task, task_id, with_for_update={"of": Task})
        if task is None or task.upload_key is None or task.state in DRAFT_STATES - {TaskState.DISCARDED}:
            return False
        after_commit(session, partial(remove_file, uploads_url, task.upload_key))
        task.upload_key = None
    return True


def let_all_go(session: Session, uploads_url: str) -> int:
    """The same for all tasks whose job to do so was lost, and for drafts discarded since nobody could read them;
    returns how many."""
    over = or_(
        Task.state.not_in(DRAFT_STATES),
        and_(Task.state == TaskState.DISCARDED, Task.changed_at < now() - ABANDONED_AFTER),
    )
    ids = session.scalars(select(Task.id).where(Task.upload_key.is_not(None), over)).all()
    session.rollback()
    return sum(let_go(session, task_id, uploads_url) for task_id in ids)


def remove_abandoned(session: Session, uploads_url: str) -> int:
    """Remove files that no row names and that are two days old; returns how many.

    Receipts of top-ups lie in a folder of their own and are not looked at. The files are listed before the rows are
    read: one that is uploaded in between is not on the list.
    """
    filesystem, root = fsspec.core.url_to_fs(uploads_url)
    if not filesystem.exists(root):
        return 0
    paths = {
        key: path
        for path in filesystem.find(root, maxdepth=2)
        if _KEY.fullmatch(key := path.removeprefix(root).lstrip("/"))
    }
    for names in _NAMES:
        for key in session.scalars(names.execution_options(yield_per=_BATCH)):
            paths.pop(key or "", None)
    session.rollback()
    old = [path for path in paths.values() if _modified(filesystem, path) < now() - ABANDONED_AFTER]
    for path in old:
        filesystem.rm_file(path)
    return len(old)


def forget_left_behind(session: Session, uploads_url: str, account_id: int) -> int:
    """Remove the oldest of the files that refused forms, edits and unreadable drafts of this account left, but for
    the newest MOST_LEFT_BEHIND; returns how many. Whoever comes back to one is asked for it again.
    """
    folder = account_folder(account_id)
    filesystem, root = fsspec.core.url_to_fs(uploads_url)
    paths = {
        f"{folder}/{name}": path
        for path in filesystem.ls(f"{root}/{folder}", detail=False)
        if _UPLOAD.fullmatch(name := path.rstrip("/").rpartition("/")[2])
    }
    drafts = DRAFT_STATES - {TaskState.DISCARDED}
    needed: tuple[_Names, ...] = (
        select(Task.upload_key).where(Task.account_id == account_id, Task.state.in_(drafts)),
        _LISTS.where(RecipientList.account_id == account_id),
        _SUPPRESSIONS.where(SuppressionUpload.account_id == account_id),
        _HEADERS.where(WhatsAppTemplate.account_id == account_id),
    )
    for names in needed:
        for key in session.scalars(names):
            paths.pop(key or "", None)
    if len(paths) <= MOST_LEFT_BEHIND:
        return 0
    by_age = sorted(paths, key=lambda key: _modified(filesystem, paths[key]), reverse=True)
    for key in by_age[MOST_LEFT_BEHIND:]:
        remove_file(uploads_url, key)
    return len(by_age) - MOST_LEFT_BEHIND


def _modified(filesystem: fsspec.AbstractFileSystem, path: str) -> datetime:
    """When the file was written, which some stores tell in UTC without saying so; one gone meanwhile is not old."""
    try:
        moment: datetime = filesystem.modified(path)
    except FileNotFoundError:
        return now()
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
