"""Erasing a task: its texts, its recipients' numbers, what carriers called its messages and what they said of them.

What stays is what the books and the figures rest on: how many messages there were, to which country, by which
route, with which status, at which price, and when; and of the task its name, who submitted it and which terms they
accepted. The ledger is not touched, so that its audit proves the same as before.

Suppressed numbers stay: whoever opted out must not be written to again, and nobody can keep that promise without the
number. Only a few thousand rows change in a transaction, in the house's order of locks: the task, then its messages.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CursorResult, String, cast, delete, literal, select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.database import after_commit, write_transaction
from app.models import (
    ERASED,
    GatewayTry,
    ListEntry,
    Message,
    Receipt,
    Recipient,
    RecipientList,
    RecordExport,
    Rejection,
    SavedText,
    Task,
    TaskState,
)
from app.retention.due import closed_accounts, over, untouched
from app.sending.alerts import clear_alert

_AT_ONCE: Final = 1_000  # messages, or other rows, in a transaction
_KEPT_OF_REPORT: Final = ("rows_read", "by_reason")

# Of every task, whether it was submitted or not.
_WORDS: Final[dict[str, Any]] = {
    "content": "",
    "typed_recipients": None,
    "corrections": None,
    "template_values": None,
    "upload_key": None,
    "upload_name": None,
    "findings": None,
    "fingerprint": None,
    "request_hash": None,
}


def erase_task(session: Session, task_id: int, before: datetime) -> bool:
    """Erase what a task that ended before then said and to whom; whether it was still due.

    Opens transactions of its own. One that is interrupted goes on where it was, the next time.
    """
    while True:
        with write_transaction(session):
            task = _locked(session, task_id, over(before))
            if task is None:
                return False
            if _erase_messages(session, task_id) < _AT_ONCE and _forget_rows(session, task_id) < _AT_ONCE:
                _erase_words(session, task)
                return True


def erase_draft(session: Session, task_id: int, before: datetime, remove: Callable[[str], None]) -> bool:
    """Discard a draft that nobody touched since then, and erase what it said and to whom.

    `remove` is called with its uploaded file's key, once that is forgotten.
    """
    while True:
        with write_transaction(session):
            task = _locked(session, task_id, untouched(before))
            if task is None:
                return False
            if _forget_rows(session, task_id) == _AT_ONCE:
                continue
            if (key := task.upload_key) is not None:
                after_commit(session, lambda: remove(key))
            task.state = TaskState.DISCARDED
            _erase_words(session, task)
            return True


def forget_unmatched(session: Session, before: datetime) -> int:
    """Delete receipts that came before then and belong to no message; returns how many."""
    stray = select(Receipt.id).where(Receipt.message_id.is_(None), Receipt.received_at < before)
    return _deleted_in_pieces(session, Receipt, stray.order_by(Receipt.id))


def forget_searched_numbers(session: Session, before: datetime) -> int:
    """Take the number that was searched for out of exports that were asked for before then; returns of how many."""
    searched = RecordExport.asked["number"].as_string().is_not(None)
    gone = 0
    while True:
        with write_transaction(session):
            some = session.scalars(
                select(RecordExport)
                .where(RecordExport.asked_at < before, searched)
                .order_by(RecordExport.id)
                .limit(_AT_ONCE)
                .with_for_update()
            ).all()
            for export in some:
                export.asked = {name: value for name, value in export.asked.items() if name != "number"}
                export.request_hash = ""  # a number is soon guessed from its hash
        gone += len(some)
        if len(some) < _AT_ONCE:
            return gone


def erase_closed_accounts(session: Session, before: datetime) -> int:
    """Delete the saved lists and texts of accounts that were closed before then; returns how many rows.

    An open account's lists are its own: it keeps them for as long as it likes.
    """
    gone = 0
    for account_id in closed_accounts(session, before):
        lists = select(RecipientList.id).where(RecipientList.account_id == account_id)
        gone += _deleted_in_pieces(
            session, ListEntry, select(ListEntry.id).where(ListEntry.list_id.in_(lists))
        )
        gone += _deleted_in_pieces(session, RecipientList, lists)
        texts = select(SavedText.id).where(SavedText.account_id == account_id)
        gone += _deleted_in_pieces(session, SavedText, texts)
    return gone


def _locked(session: Session, task_id: int, conditions: list[Any]) -> Task | None:
    """The task, locked, while it is still due; asked again once the lock is held."""
    session.execute(select(Task.id).where(Task.id == task_id).with_for_update())
    return session.scalar(select(Task).where(Task.id == task_id, *conditions))


def _erase_messages(session: Session, task_id: int) -> int:
    """Some of the messages that are not erased yet, their receipts and the carriers' words; returns how many."""
    some = session.scalars(
        select(Message.id)
        .where(Message.task_id == task_id, ~Message.e164.startswith(ERASED))
        .order_by(Message.row)
        .limit(_AT_ONCE)
    ).all()
    if some:
        session.execute(delete(Receipt).where(Receipt.message_id.in_(some)))
        session.execute(delete(GatewayTry).where(GatewayTry.message_id.in_(some)))
        session.execute(
            update(Message)
            .where(Message.id.in_(some))
            .values(
                e164=literal(ERASED) + cast(Message.row, String(10)),
                text=None,
                parameters=None,
                gateway_id=None,
            )
            .execution_options(synchronize_session=False)
        )
    return len(some)


def _forget_rows(session: Session, task_id: int) -> int:
    """Some of what its file said; the most that went from one table."""
    return max(
        _deleted(session, model, select(model.id).where(model.task_id == task_id).limit(_AT_ONCE))
        for model in (Rejection, Recipient)
    )


def _erase_words(session: Session, task: Task) -> None:
    for name, value in _WORDS.items():
        setattr(task, name, value)
    report = task.report or {}
    task.report = {name: report[name] for name in _KEPT_OF_REPORT if name in report}
    clear_alert(session, f"content:{task.id}")  # it repeats the words that were found
    task.erased_at = now()
    session.flush()


def _deleted(session: Session, model: Any, some: Any) -> int:
    result = session.execute(
        delete(model).where(model.id.in_(some)).execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    return result.rowcount


def _deleted_in_pieces(session: Session, model: Any, ids: Any) -> int:
    gone = 0
    while True:
        with write_transaction(session):
            some = _deleted(session, model, ids.limit(_AT_ONCE))
        gone += some
        if some < _AT_ONCE:
            return gone
