"""Making the file that was asked for: written row by row, kept among the uploads until it expires.

It commits as it goes, unlike other domain code: its progress must be seen while it runs, and no transaction may stand
open while a million rows are written.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.database import write_transaction
from app.errors import CarillonError
from app.exports import desk_rows, evidence, list_rows, message_rows
from app.exports.asking import LIVES, UNFINISHED
from app.exports.sheets import Column, csv_sheet, xlsx_sheet
from app.exports.wishes import KIND_WORDS, ROLES, Wish, asked_of, period_of, wish_of
from app.language import gettext, speaking
from app.models import Account, AccountState, ExportKind, ExportState, RecordExport, Role, User
from app.stored_files import keep_export, remove_file
from config import Settings

log = structlog.get_logger()

MAX_RUNS: Final = 3
_STALE: Final = timedelta(minutes=5)  # no progress for so long: its job was lost
_NOTED_EVERY: Final = timedelta(milliseconds=700)


@dataclass(frozen=True, slots=True)
class _Work:
    """An export in this job's hands; `run` is what it must still be for anything to be written.

    Without an `account_id`, one of our staff asked for it.
    """

    export_id: int
    run: int
    account_id: int | None
    user_id: int
    wish: Wish
    zone: ZoneInfo
    asked_at: datetime
    language: str | None


class _Stopped(Exception):
    """Somebody cancelled the export, or another job has it."""


class _Suspended(Exception):
    """Who asked may not have it any more."""


def make(session: Session, export_id: int, settings: Settings) -> None:
    """Make an export's file. One that has ended, or is in another job's hands, is left alone."""
    work = _take(session, export_id)
    if work is None:
        return
    with speaking(work.language), tempfile.TemporaryDirectory(prefix="carillon-") as folder:
        path = Path(folder) / "export"
        try:
            rows = _write(session, work, path)
            _keep(session, work, path, rows, settings)
        except _Stopped:
            log.info("export_stopped", export=export_id)
        except _Suspended:
            _end(
                session,
                work,
                ExportState.CANCELLED,
                gettext("The account was suspended or closed meanwhile.")
                if work.account_id is not None
                else gettext("Your role has changed meanwhile."),
            )
        except CarillonError as refusal:
            _end(session, work, ExportState.FAILED, refusal.message)
        except Exception:
            log.exception("export_failed", export=export_id)
            words = gettext(
                "The file could not be made. Ask for it once more with fewer days, or ask support."
            )
            _end(session, work, ExportState.FAILED, words)


def stale_exports(session: Session) -> list[int]:
    """Exports whose job was lost, or died."""
    return list(
        session.scalars(
            select(RecordExport.id)
            .where(RecordExport.state.in_(UNFINISHED), RecordExport.touched_at <= now() - _STALE)
            .limit(20)
        )
    )


def forget_expired(session: Session, settings: Settings) -> int:
    """Delete the files of exports that have expired; the rows remember them. Commits after each."""
    expired = session.scalars(
        select(RecordExport.id)
        .where(RecordExport.expires_at <= now(), RecordExport.file_key.is_not(None))
        .limit(100)
    ).all()
    for export_id in expired:
        with write_transaction(session):
            export = session.get_one(RecordExport, export_id, with_for_update={"of": RecordExport})
            if export.file_key is not None:
                remove_file(settings.uploads_url, export.file_key)
                export.file_key = None
    return len(expired)


def _take(session: Session, export_id: int) -> _Work | None:
    """Begin a run; None when there is nothing to do. One whose jobs died again and again is given up."""
    with write_transaction(session):
        export = session.get(RecordExport, export_id, with_for_update={"of": RecordExport})
        if export is None or export.state not in UNFINISHED:
            return None
        if export.state == ExportState.MAKING and now() - export.touched_at < _STALE:
            return None
        export.touched_at = now()
        if export.run >= MAX_RUNS:
            export.state = ExportState.FAILED
            export.state_reason = gettext("Making the file was interrupted again and again. Ask support.")
            log.error("export_given_up", export=export_id)
            return None
        export.state, export.run = ExportState.MAKING, export.run + 1
        export.rows_done, export.rows_found = 0, None
        return _Work(
            export.id,
            export.run,
            export.account_id,
            export.user_id,
            wish_of(export),
            ZoneInfo(export.time_zone),
            export.asked_at,
            session.get_one(User, export.user_id).language,
        )


def _write(session: Session, work: _Work, path: Path) -> int:
    """The file itself; how many rows it has."""
    progress = _Progress(session, work)
    if work.wish.kind == ExportKind.EVIDENCE:
        assert work.account_id is not None
        return evidence.write_pack(session, work.account_id, work.wish.task or "", path, work.zone)
    columns, found, batches = _list(session, work)
    session.rollback()
    progress.found(found)
    title = gettext(KIND_WORDS[work.wish.kind])
    opened = (
        csv_sheet(path, columns, work.zone)
        if work.wish.file_type == "csv"
        else xlsx_sheet(path, columns, work.zone, title)
    )
    with opened as sheet:
        for rows in batches:
            sheet.write(rows)
            progress.note(len(rows))
    return progress.rows


def _list(
    session: Session, work: _Work
) -> tuple[tuple[Column, ...], int | None, Iterator[message_rows.Rows]]:
    """The list's columns, how many rows it has (None: nobody knows yet), and its rows."""
    wish, account_id = work.wish, work.account_id
    period = period_of(wish, work.zone, work.asked_at)
    if account_id is None:
        return desk_rows.list_of(session, wish, period)
    asked = asked_of(wish, period)
    submitted = wish.kind == ExportKind.SENDING
    if wish.kind == ExportKind.MESSAGES:
        found = message_rows.how_many(session, account_id, asked)
        return message_rows.COLUMNS, found, message_rows.message_rows(session, account_id, asked)
    if wish.kind in (ExportKind.TASKS, ExportKind.SENDING):
        number = list_rows.count_tasks(session, account_id, asked, wish.state, submitted=submitted)
        rows = list_rows.task_rows(session, account_id, asked, wish.state, submitted=submitted)
        return list_rows.TASK_COLUMNS, number, rows
    if wish.kind == ExportKind.STATEMENT:
        number = list_rows.count_entries(session, account_id, period)
        return list_rows.STATEMENT_COLUMNS, number, list_rows.statement_rows(session, account_id, period)
    return list_rows.TOP_UP_COLUMNS, None, list_rows.top_up_rows(session, account_id, period)


def _keep(session: Session, work: _Work, path: Path, rows: int, settings: Settings) -> None:
    """Put the file among the uploads, and say that it is there; without the second, not the first either."""
    key, size = keep_export(settings.uploads_url, path), path.stat().st_size
    moment = now()
    ready = {
        "file_key": key,
        "size": size,
        "rows_done": rows,
        "ready_at": moment,
        "expires_at": moment + LIVES,
    }
    if not _end(session, work, ExportState.READY, None, **ready):
        remove_file(settings.uploads_url, key)


def _end(session: Session, work: _Work, state: ExportState, reason: str | None, **values: object) -> bool:
    """Write down how it ended, unless it is not this run's any more; whether it was."""
    with write_transaction(session):
        return _update(session, work, state=state, state_reason=reason, **values)


def _update(session: Session, work: _Work, **values: object) -> bool:
    done = session.execute(
        update(RecordExport)
        .where(
            RecordExport.id == work.export_id,
            RecordExport.run == work.run,
            RecordExport.state == ExportState.MAKING,
        )
        .values(touched_at=now(), **values)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(done, CursorResult)
    return done.rowcount == 1


class _Progress:
    """Notes how far the file has come, about once a second, and hears meanwhile whether it is still wanted."""

    def __init__(self, session: Session, work: _Work) -> None:
        self._session = session
        self._work = work
        self.rows = 0
        self._noted = now()

    def found(self, rows: int | None) -> None:
        """So many rows there are to write."""
        self._tell(rows_found=rows)

    def note(self, rows: int) -> None:
        """So many more are written. Raises _Stopped and _Suspended when there is to be no file."""
        self.rows += rows
        if now() - self._noted >= _NOTED_EVERY:
            self._tell()

    def _tell(self, **values: object) -> None:
        self._noted = now()
        with write_transaction(self._session) as session:
            if not _update(session, self._work, rows_done=self.rows, **values):
                raise _Stopped
            stands = _stands(session, self._work)
        if not stands:
            raise _Suspended


def _stands(session: Session, work: _Work) -> bool:
    """Whether who asked may still have it: their account is active; one of our staff has not left or changed roles."""
    if work.account_id is not None:
        state = session.scalar(select(Account.state).where(Account.id == work.account_id))
        return state == AccountState.ACTIVE
    person = session.execute(select(User.disabled_at, User.role).where(User.id == work.user_id)).one()
    return person.disabled_at is None and Role(person.role) in ROLES[work.wish.kind]
