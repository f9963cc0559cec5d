"""Checking drafts."""

from __future__ import annotations

from app.language import speaking
from app.sending.check_turns import take_turn
from app.sending.checking import check as check_draft
from jobs.context import job_session, job_settings


def check(task_id: int) -> None:
    """Read, check and price a draft: this one, or one of an account whose turn it is before this one's."""
    with job_session() as session, speaking(None):
        check_draft(session, take_turn(session, task_id), job_settings())
