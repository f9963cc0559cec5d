"""Reading uploaded files into saved lists and suppression lists, and doing as the latter say."""

from __future__ import annotations

from app.database import write_transaction
from app.lists import suppression
from app.sending.suppressed import leave_out_suppressed, tasks_under_way
from jobs.context import job_session
from jobs.intake import in_turn


def read_list(list_id: int) -> None:
    """Read the file of a saved list, or do what is due before it."""
    in_turn("jobs.lists.read_list", list_id)


def read_suppressions(upload_id: int) -> None:
    """Read a file of numbers to be suppressed, or do what is due before it."""
    in_turn("jobs.lists.read_suppressions", upload_id)


def leave_out(account_id: int) -> None:
    """Take what is queued to suppressed numbers out of an account's running tasks, or with 0 out of everybody's."""
    with job_session() as session:
        notes = suppression.left_out_undone(session, account_id)
        task_ids = tasks_under_way(session, account_id or None)
        session.rollback()
        for task_id in task_ids:
            with write_transaction(session):
                leave_out_suppressed(session, task_id)
        if notes:
            with write_transaction(session):
                suppression.forget_left_out(session, notes)
