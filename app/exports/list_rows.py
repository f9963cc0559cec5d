"""The shorter lists as rows for a file, in batches: tasks, the statement, top-ups."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from app.exports.sheets import Column, Kind
from app.language import gettext
from app.models import LedgerEntry, Task
from app.records.asked import Asked
from app.records.money import money_of_tasks
from app.records.periods import Period
from app.records.tasks import tasks_asked
from app.topups import statement
from app.topups.history import top_up_history

Rows = list[tuple[Any, ...]]

_BATCH: Final = 1_000
_EVERYTHING: Final = 10**12

TASK_COLUMNS: Final = (
    Column("task"),
    Column("task_id"),
    Column("kind"),
    Column("state"),
    Column("route"),
    Column("sender_id"),
    Column("recipients", Kind.COUNT),
    Column("accepted", Kind.COUNT),
    Column("delivered", Kind.COUNT),
    Column("failed", Kind.COUNT),
    Column("in_doubt", Kind.COUNT),
    Column("cancelled", Kind.COUNT),
    Column("waiting", Kind.COUNT),
    Column("credits_held_at_submission", Kind.AMOUNT),
    Column("credits_charged", Kind.AMOUNT),
    Column("credits_given_back", Kind.AMOUNT),
    Column("credits_refunded", Kind.AMOUNT),
    Column("credits_still_held", Kind.AMOUNT),
    Column("credits_cost", Kind.AMOUNT),
    Column("begun", Kind.MOMENT),
    Column("submitted", Kind.MOMENT),
    Column("scheduled", Kind.MOMENT),
    Column("finished", Kind.MOMENT),
)
STATEMENT_COLUMNS: Final = (
    Column("time", Kind.MOMENT),
    Column("entry"),
    Column("for"),
    Column("task_id"),
    Column("available_in", Kind.AMOUNT),
    Column("available_out", Kind.AMOUNT),
    Column("held_in", Kind.AMOUNT),
    Column("held_out", Kind.AMOUNT),
    Column("available_after", Kind.AMOUNT),
    Column("held_after", Kind.AMOUNT),
)
TOP_UP_COLUMNS: Final = (
    Column("reference"),
    Column("state"),
    Column("credits_asked", Kind.AMOUNT),
    Column("credits_approved", Kind.AMOUNT),
    Column("paid_hundredths", Kind.COUNT),
    Column("currency"),
    Column("bank_reference"),
    Column("reason"),
    Column("available_after", Kind.AMOUNT),
    Column("begun", Kind.MOMENT),
    Column("decided", Kind.MOMENT),
)


def count_tasks(
    session: Session, account_id: int, asked: Asked, state: str | None, *, submitted: bool
) -> int:
    """How many tasks the list has."""
    wanted = tasks_asked(session, account_id, state_filter=state, submitted=submitted, asked=asked)
    return session.scalar(select(func.count()).select_from(wanted.with_only_columns(Task.id).subquery())) or 0


def task_rows(
    session: Session, account_id: int, asked: Asked, state: str | None, *, submitted: bool
) -> Iterator[Rows]:
    """The tasks with their money as the ledger has it."""
    wanted = tasks_asked(session, account_id, state_filter=state, submitted=submitted, asked=asked)
    wanted = wanted.options(undefer(Task.sender_id))
    last: int | None = None
    while True:
        piece = wanted if last is None else wanted.where(Task.id < last)
        tasks = session.scalars(piece.order_by(Task.id.desc()).limit(_BATCH)).all()
        money = money_of_tasks(session, [task.id for task in tasks])
        rows = [_task_row(task, money[task.id]) for task in tasks]
        last = tasks[-1].id if tasks else None
        session.rollback()
        yield rows
        if len(rows) < _BATCH:
            return


def count_entries(session: Session, account_id: int, period: Period) -> int:
    """How many entries the statement has."""
    return statement.stretch(session, account_id, period).totals.entries


def statement_rows(session: Session, account_id: int, period: Period) -> Iterator[Rows]:
    """The ledger's entries, oldest first, as they stand when the first is read."""
    stretch = statement.stretch(session, account_id, period)
    lines = statement.all_lines(session, stretch, _EVERYTHING)
    while rows := [statement_row(line) for line in islice(lines, _BATCH)]:
        session.rollback()
        yield rows


def statement_row(line: statement.Line) -> tuple[Any, ...]:
    """One entry; what did not move is left empty, and no amount begins with a minus."""
    entry = line.entry
    return (
        entry.created_at,
        gettext(line.what),
        line.subject,
        line.task.public_id if line.task is not None else None,
        *_in_and_out(entry.available),
        *_in_and_out(entry.held),
        entry.available_after,
        entry.held_after,
    )


def top_up_rows(session: Session, account_id: int, period: Period) -> Iterator[Rows]:
    """The top-ups, each with the available credit that it left."""
    before: str | None = None
    while True:
        found = top_up_history(session, account_id, period, before=before)
        rows = [
            (
                each.reference,
                each.state,
                each.amount,
                each.approved_amount,
                each.paid,
                each.currency,
                each.bank_reference,
                each.reason,
                found.balances.get(each.id),
                each.created_at,
                each.confirmed_at or each.decided_at,
            )
            for each in found.page.rows
        ]
        before = found.page.rows[-1].public_id if rows else None
        session.rollback()
        yield rows
        if not found.page.has_next:
            return


def task_entries(session: Session, task_id: int) -> list[tuple[Any, ...]]:
    """Every ledger entry of one task, oldest first, as the statement tells them."""
    found = session.scalars(
        select(LedgerEntry).where(LedgerEntry.task_id == task_id).order_by(LedgerEntry.id)
    ).all()
    return [statement_row(line) for line in statement.lines(session, found)]


def _task_row(task: Task, money: Any) -> tuple[Any, ...]:
    is_out = task.submitted_at is not None
    counts = (task.total, task.accepted, task.delivered, task.failed, task.in_doubt, task.cancelled)
    sums = (money.held, money.charged, money.released, money.refunded, money.outstanding, money.cost)
    return (
        task.name,
        task.public_id,
        task.kind,
        task.state,
        task.route.name,
        task.sender_id,
        *((*counts, task.waiting, *sums) if is_out else (None,) * 13),
        task.created_at,
        task.submitted_at,
        task.scheduled_at,
        task.finished_at,
    )


def _in_and_out(amount: int) -> tuple[int | None, int | None]:
    return (amount if amount > 0 else None), (-amount if amount < 0 else None)
