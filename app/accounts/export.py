"""Packing an account's data: a zip of csv files, written row by row, kept among the uploads until it expires.

It commits as it goes, unlike other domain code: no transaction may stand open while millions of rows are written.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final

import structlog
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.accounts.leaving import EXPORT_LIVES
from app.clock import now
from app.database import write_transaction
from app.language import gettext as _
from app.models import Account, AccountExport, LedgerEntry, Message, NoticeKind, Task, TopUp, User
from app.notices.telling import Words, tell_one
from app.recipients.export import safe_cell
from app.stored_files import keep_export, remove_file
from config import Settings

log = structlog.get_logger()

MAX_ATTEMPTS: Final = 3
_STALE: Final = timedelta(minutes=20)  # longer than the job may take
_BATCH: Final = 1_000

_Column = InstrumentedAttribute[Any]

# What each file holds, column by column; never a password, a token or a secret.
_FILES: Final[dict[str, tuple[tuple[_Column, ...], _Column]]] = {
    "account.csv": (
        (Account.id, Account.name, Account.time_zone, Account.available, Account.held, Account.created_at),
        Account.id,
    ),
    "members.csv": (
        (User.id, User.name, User.email, User.phone, User.role, User.created_at, User.disabled_at),
        User.account_id,
    ),
    "tasks.csv": (
        (
            Task.id,
            Task.public_id,
            Task.kind,
            Task.state,
            Task.name,
            Task.sender_id,
            Task.content,
            Task.total,
            Task.accepted,
            Task.delivered,
            Task.failed,
            Task.in_doubt,
            Task.cancelled,
            Task.price,
            Task.terms_version,
            Task.created_at,
            Task.submitted_at,
            Task.finished_at,
        ),
        Task.account_id,
    ),
    "messages.csv": (
        (
            Message.id,
            Message.task_id,
            Message.row,
            Message.e164,
            Message.text,
            Message.segments,
            Message.price,
            Message.status,
            Message.money,
            Message.error_code,
            Message.sent_at,
            Message.final_at,
        ),
        Message.account_id,
    ),
    "ledger.csv": (
        (
            LedgerEntry.id,
            LedgerEntry.kind,
            LedgerEntry.task_id,
            LedgerEntry.available,
            LedgerEntry.held,
            LedgerEntry.available_after,
            LedgerEntry.held_after,
            LedgerEntry.note,
            LedgerEntry.created_at,
        ),
        LedgerEntry.account_id,
    ),
    "top-ups.csv": (
        (
            TopUp.id,
            TopUp.reference,
            TopUp.state,
            TopUp.amount,
            TopUp.approved_amount,
            TopUp.paid,
            TopUp.currency,
            TopUp.reason,
            TopUp.created_at,
            TopUp.decided_at,
        ),
        TopUp.account_id,
    ),
}
README: Final = (
    "Your data at Carillon, as CSV files in UTF-8. Amounts are millicredits: 1,000 of them are a credit. "
    "Times are UTC. A cell that a spreadsheet would run as a formula begins with an apostrophe.\r\n"
)


def pack(session: Session, export_id: int, settings: Settings) -> None:
    """Make an export's file and tell who asked for it. One that is ready, failed or in another job's hands is left."""
    account_id = _take(session, export_id)
    if account_id is None:
        return
    with tempfile.TemporaryDirectory(prefix="carillon-") as folder:
        path = Path(folder) / "export.zip"
        write_archive(session, account_id, path)
        key, size = keep_export(settings.uploads_url, path), path.stat().st_size
    with write_transaction(session):
        export = session.get_one(AccountExport, export_id)
        export.file_key, export.size = key, size
        export.ready_at, export.expires_at = now(), now() + EXPORT_LIVES
        tell_one(session, session.get_one(User, export.user_id), NoticeKind.ACCOUNT, _ready)


def _ready(_person: User) -> Words:
    text = _("The export of your Carillon data is ready. Sign in as an owner and fetch it within seven days.")
    return Words(_("Your data is ready"), text, "/account/leaving")


def write_archive(session: Session, account_id: int, path: Path) -> None:
    """Write the account's files into a zip, a batch of rows in memory at a time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README)
        for name, (columns, owner) in _FILES.items():
            with archive.open(name, "w", force_zip64=True) as raw:
                _write_csv(raw, columns, _rows(session, columns, owner == account_id))


def stale_exports(session: Session) -> list[int]:
    """Exports whose job was lost, or died."""
    return list(
        session.scalars(
            select(AccountExport.id)
            .where(
                AccountExport.ready_at.is_(None),
                AccountExport.failed_at.is_(None),
                AccountExport.touched_at <= now() - _STALE,
            )
            .limit(20)
        )
    )


def forget_expired(session: Session, settings: Settings) -> int:
    """Delete the files of exports that have expired. Returns how many. Commits after each."""
    expired = session.scalars(
        select(AccountExport.id)
        .where(AccountExport.file_key.is_not(None), AccountExport.expires_at <= now())
        .limit(100)
    ).all()
    for export_id in expired:
        with write_transaction(session):
            export = session.get_one(AccountExport, export_id, with_for_update=True)
            if export.file_key is not None:
                remove_file(settings.uploads_url, export.file_key)
                export.file_key = None
    return len(expired)


def _take(session: Session, export_id: int) -> int | None:
    """Note the attempt; the account's id, or None when there is nothing to do."""
    with write_transaction(session):
        export = session.get(AccountExport, export_id, with_for_update=True)
        if export is None or export.ready_at or export.failed_at:
            return None
        if export.attempts and now() - export.touched_at < _STALE:
            return None
        export.attempts += 1
        export.touched_at = now()
        if export.attempts > MAX_ATTEMPTS:
            export.failed_at = now()
            log.error("export_given_up", export=export_id)
            return None
        return export.account_id


def _rows(
    session: Session, columns: Sequence[_Column], is_own: ColumnElement[bool]
) -> Iterator[Sequence[Any]]:
    """The rows in the order of their ids, a batch at a time; no transaction stays open between batches."""
    key = columns[0]
    last = 0
    while True:
        batch = session.execute(select(*columns).where(is_own, key > last).order_by(key).limit(_BATCH)).all()
        session.rollback()
        yield from batch
        if len(batch) < _BATCH:
            return
        last = batch[-1][0]


def _write_csv(raw: IO[bytes], columns: Sequence[_Column], rows: Iterable[Sequence[Any]]) -> None:
    text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow([column.key for column in columns])
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    text.flush()
    text.detach()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, int):
        return str(value)
    return safe_cell(value if isinstance(value, str) else json.dumps(value))
