"""Packing a client's own data."""

from __future__ import annotations

from app.accounts import export
from jobs.context import job_session, job_settings


def pack(export_id: int) -> None:
    """Pack one export, unless it is done or in other hands."""
    with job_session() as session:
        export.pack(session, export_id, job_settings())
