"""A task's evidence pack: what was accepted, what was sent to whom, what became of it, and what it cost, in one zip.

All of it is read in one snapshot, so that its sums agree with each other whatever is sent meanwhile; and the same state
of the task gives the same bytes: the moment that the pack was made is nowhere in it. Amounts in json are millicredits.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.terms import SHIPPED_TERMS
from app.errors import CarillonError
from app.exports import list_rows, message_rows
from app.exports.evidence_pdf import summary_pdf
from app.exports.sheets import Column, Kind, csv_sheet
from app.language import gettext
from app.models import Message, MessageStatus, Rejection, Task, TermsVersion
from app.records.money import TaskMoney, money_of_task
from app.records.task_story import Acceptance, Happening, acceptance_of, story_of
from app.sending import holding
from app.sending.lookup import task_of

_REJECTED_COLUMNS: Final = (
    Column("row", Kind.COUNT),
    Column("written"),
    Column("reason"),
    Column("what_to_do"),
)
_MADE: Final = (1980, 1, 1, 0, 0, 0)  # a zip's first day: every pack of the same state is the same


class EvidenceRefused(CarillonError):
    """No pack can be made of this task; the message says why."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the summary tells. `counts` are messages by status, `changed_at` the last thing that happened to them."""

    task: Task
    account: str
    acceptance: Acceptance
    story: Sequence[Happening]
    money: TaskMoney
    counts: dict[str, int]
    segments: int
    checks: Sequence[str]
    rejected: int
    changed_at: datetime


def write_pack(session: Session, account_id: int, public_id: str, path: Path, zone: ZoneInfo) -> int:
    """Write the pack of the account's task; returns how many messages are in it.

    Raises NotFound, EvidenceRefused for a task that was not submitted, and where the sums do not agree.
    """
    _begin_snapshot(session)
    task = task_of(session, account_id, public_id)
    if task.submitted_at is None:
        raise EvidenceRefused(gettext("This task was not submitted, so there is nothing to prove."))
    with TemporaryDirectory(prefix="carillon-") as folder:
        files = _files(session, task, Path(folder), zone)
        session.rollback()
        _zip(path, files)
    return task.total


def _files(session: Session, task: Task, folder: Path, zone: ZoneInfo) -> dict[str, bytes]:
    """Every file of the pack, by name."""
    evidence = _gathered(session, task)
    if evidence.counts["total"] != task.total or evidence.money.held != task.price:
        raise EvidenceRefused(
            gettext("The messages and the books of this task do not agree. Ask support; no pack was made.")
        )
    messages = message_rows.rows_of_task(session, task)
    entries = list_rows.task_entries(session, task.id)
    rejected = session.execute(
        select(Rejection.row, Rejection.written, Rejection.reason, Rejection.message)
        .where(Rejection.task_id == task.id)
        .order_by(Rejection.row)
    ).all()
    files = {
        "summary.pdf": summary_pdf(evidence, zone),
        "acceptance.json": _json(_acceptance(evidence)),
        "terms.txt": _terms(session, task.terms_version).encode(),
        "messages.csv": _csv(folder, message_rows.COLUMNS, messages, zone),
        "ledger.csv": _csv(folder, list_rows.STATEMENT_COLUMNS, entries, zone),
        "rejected-rows.csv": _csv(folder, _REJECTED_COLUMNS, [tuple(row) for row in rejected], zone),
    }
    sums = [f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in sorted(files.items())]
    return files | {"SHA256SUMS.txt": ("\n".join(sums) + "\n").encode()}


def _gathered(session: Session, task: Task) -> Evidence:
    counts: Counter[str] = Counter()
    segments, moments = 0, [task.submitted_at, task.started_at, task.finished_at]
    rows = session.execute(
        select(
            Message.status, Message.segments, Message.sent_at, Message.answered_at, Message.final_at
        ).where(Message.task_id == task.id)
    )
    for status, parts, *when in rows:
        counts[status] += 1
        segments += parts
        moments += when
    story = story_of(session, task)
    happened = [moment for moment in moments if moment is not None] + [each.at for each in story]
    report = task.report or {}
    return Evidence(
        task=task,
        account=task.account.name,
        acceptance=acceptance_of(session, task),
        story=story,
        money=money_of_task(session, task.id),
        counts={"total": counts.total(), **{status: counts[status] for status in MessageStatus}},
        segments=segments,
        checks=_checks(task),
        rejected=sum(report.get("by_reason", {}).values()),
        changed_at=max(happened),
    )


def _checks(task: Task) -> list[str]:
    """What the rules found, in sentences."""
    return [
        f"{concern.where}: {finding.message}"
        for concern in holding.concerns(task)
        for finding in concern.findings
    ]


def _acceptance(evidence: Evidence) -> dict[str, Any]:
    task, accepted = evidence.task, evidence.acceptance
    return {
        "account": evidence.account,
        "task": {
            "id": task.public_id,
            "name": task.name,
            "kind": task.kind,
            "state": task.state,
            "route": task.route.name,
            "sender_id": task.sender_id,
            "content": task.content,
            "content_sha256": hashlib.sha256(task.content.encode()).hexdigest(),
            "file": task.upload_name,
            "scheduled_at": task.scheduled_at,
            "started_at": task.started_at,
            "finished_at": task.finished_at,
        },
        "accepted": asdict(accepted),
        "quote": task.quote,
        "recipients": evidence.counts,
        "rejected_rows": (task.report or {}).get("by_reason", {}),
        "checks": {"content": task.findings or [], **_row_checks(task)},
        "money": asdict(evidence.money)
        | {"cost": evidence.money.cost, "outstanding": evidence.money.outstanding},
        "history": [asdict(happening) for happening in evidence.story],
    }


def _row_checks(task: Task) -> dict[str, Any]:
    report = task.report or {}
    return {name: report.get(f"{name}_findings", []) for name in ("sender_id", "row")}


def _terms(session: Session, version: str | None) -> str:
    """The text of the terms that were accepted."""
    kept = session.scalar(select(TermsVersion.text).where(TermsVersion.version == version))
    if kept is None and version == SHIPPED_TERMS.version:
        kept = SHIPPED_TERMS.text
    return kept or gettext("The text of version %(version)s is not kept here.", version=version or "–")


def _csv(folder: Path, columns: Sequence[Column], rows: Iterable[Sequence[Any]], zone: ZoneInfo) -> bytes:
    path = folder / "rows.csv"
    with csv_sheet(path, columns, zone) as sheet:
        sheet.write(rows)
    return path.read_bytes()


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(
        value, default=lambda moment: moment.isoformat(), ensure_ascii=False, indent=2, sort_keys=True
    ).encode()


def _zip(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _MADE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, files[name])


def _begin_snapshot(session: Session) -> None:
    """One transaction in which every question is answered from the same state; SQLite's all are."""
    session.rollback()
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"} if is_postgresql else None)
