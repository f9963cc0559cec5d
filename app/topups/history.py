"""An account's top-ups as a list, each with the balance that it left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import LedgerEntry, TopUp
from app.records.pages import Page, page_by_key
from app.records.periods import Period


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """`balances`: by top-up id, the available millicredits right after it was credited."""

    page: Page[TopUp]
    balances: Mapping[int, int]


def top_up_history(
    session: Session, account_id: int, period: Period, *, before: str | None = None, after: str | None = None
) -> HistoryPage:
    """The account's top-ups begun within the period, newest first; `before` and `after` are their public ids."""
    statement = select(TopUp).where(TopUp.account_id == account_id)
    if period.since is not None:
        statement = statement.where(TopUp.created_at >= period.since)
    if period.until is not None:
        statement = statement.where(TopUp.created_at < period.until)
    page = page_by_key(
        session,
        statement,
        TopUp.id,
        before=_id_of(session, account_id, before),
        after=_id_of(session, account_id, after),
    )
    keys = {f"topup:{top_up.id}": top_up.id for top_up in page.rows}
    rows = session.execute(
        select(LedgerEntry.key, LedgerEntry.available_after).where(
            LedgerEntry.account_id == account_id, LedgerEntry.key.in_(keys)
        )
    )
    return HistoryPage(page, {keys[key]: balance for key, balance in rows})


def _id_of(session: Session, account_id: int, public_id: str | None) -> int | None:
    if not public_id:
        return None
    return session.scalar(
        select(TopUp.id).where(TopUp.account_id == account_id, TopUp.public_id == public_id)
    )
