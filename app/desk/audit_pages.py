"""Reading the audit log: by who, what, whom and when, a page or the whole at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.models import AuditEvent
from app.records.pages import Page, page_by_key

_BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to look for; None means anything. `actor` is an e-mail address as it was then, `action` an action or the
    beginning of one ("account."); `until` is not included. Times are UTC.
    """

    actor: str | None = None
    action: str | None = None
    account_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def event_page(
    session: Session, chosen: AuditFilter, *, before: int | None = None, after: int | None = None
) -> Page[AuditEvent]:
    """A page of events, newest first; `before` and `after` are event ids."""
    return page_by_key(session, _events(chosen), AuditEvent.id, before=before, after=after)


def all_events(session: Session, chosen: AuditFilter) -> Iterator[AuditEvent]:
    """Every event that fits, newest first, a batch in memory at a time."""
    last: int | None = None
    while True:
        statement = _events(chosen)
        if last is not None:
            statement = statement.where(AuditEvent.id < last)
        batch = session.scalars(statement.order_by(AuditEvent.id.desc()).limit(_BATCH)).all()
        yield from batch
        if len(batch) < _BATCH:
            return
        last = batch[-1].id
        session.expunge_all()


def actions(session: Session) -> Sequence[str]:
    """The actions that were ever recorded. The index on the action answers it."""
    return session.scalars(select(AuditEvent.action).distinct().order_by(AuditEvent.action)).all()


def _events(chosen: AuditFilter) -> Select[AuditEvent]:
    statement = select(AuditEvent)
    if chosen.actor:
        statement = statement.where(AuditEvent.actor == chosen.actor.strip().lower())
    if chosen.action:
        statement = statement.where(AuditEvent.action == chosen.action)
    if chosen.account_id is not None:
        statement = statement.where(AuditEvent.account_id == chosen.account_id)
    if chosen.since is not None:
        statement = statement.where(AuditEvent.at >= chosen.since)
    if chosen.until is not None:
        statement = statement.where(AuditEvent.at < chosen.until)
    return statement
