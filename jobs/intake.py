"""Checking drafts."""

from __future__ import annotations

from app.sending.checking import check as check_draft
from jobs.context import job_session, load_app


def check(task_id: int) -> None:
    """Read, check and price a draft."""
    with job_session() as session:
        check_draft(session, task_id, load_app().config["CARILLON"])
