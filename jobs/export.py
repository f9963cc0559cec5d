"""Making files: a client's own data, and lists of records."""

from __future__ import annotations

from app.accounts import export
from app.exports import making
from jobs.context import job_session, job_settings


def pack(export_id: int) -> None:
    """Pack one export, unless it is done or in other hands."""
    with job_session() as session:
        export.pack(session, export_id, job_settings())


def make(export_id: int) -> None:
    """Make the file of one export of records, unless it is done or in other hands."""
    with job_session() as session:
        making.make(session, export_id, job_settings())
