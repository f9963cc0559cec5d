"""The proof that the books add up, and what happens when they do not.

Entries are held against balances, tasks against their entries, messages against their task. Each question
is one statement, so that it sees one moment of the database: an audit raises no false alarm while messages go
out. The work is the database's; only what differs comes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Table, func, select, update
from sqlalchemy.orm import Session

from app.database import insert_new
from app.ledger.account_books import balance_differences, chain_differences
from app.ledger.blocks import block_differences
from app.ledger.comparison import Difference, of_account
from app.ledger.rollup_books import month_differences, rollup_differences
from app.ledger.route_hour_books import route_hour_differences
from app.ledger.submitted_days import submitted_day_differences
from app.ledger.task_books import task_differences
from app.models import Account, LedgerEntry, StaffAlert

_SHOWN = 3  # differences told in an alert; the audit itself tells all


@dataclass(frozen=True, slots=True)
class AuditReport:
    """How much was examined, and all that differs."""

    accounts: int
    entries: int
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        return not self.differences


def audit(session: Session, account_id: int | None = None) -> AuditReport:
    """Examine the books of one account, or of all. Reads only; `enforce` acts on what it finds."""
    accounts = select(func.count(Account.id)).where(of_account(Account.id, account_id))
    entries = select(func.count(LedgerEntry.id)).where(of_account(LedgerEntry.account_id, account_id))
    tasks = list(task_differences(session, account_id))
    differences = (
        *balance_differences(session, account_id),
        *chain_differences(session, account_id),
        *block_differences(session, account_id),
        *tasks,
        *rollup_differences(session, account_id),
        *month_differences(session, account_id),
        *(_of_everybody(session, tasks) if account_id is None else ()),
    )
    return AuditReport(
        accounts=session.scalar(accounts) or 0,
        entries=session.scalar(entries) or 0,
        differences=differences,
    )


def _of_everybody(session: Session, tasks: Sequence[Difference]) -> Iterator[Difference]:
    """What differs in the sums over all accounts: of messages, and of tasks where their own numbers are right."""
    yield from route_hour_differences(session)
    if not tasks:
        yield from submitted_day_differences(session)


def enforce(session: Session, report: AuditReport) -> None:
    """Stop every account in which something differs, and tell staff, once until they clear the alert.

    A reason that already stands stays as it is. What differs in the figures of routes stops nobody: no money is in
    them. Needs a write transaction.
    """
    in_order = sorted(report.differences, key=lambda difference: difference.account_id or 0)
    for account_id, differences in groupby(in_order, key=lambda difference: difference.account_id):
        reason = _reason(list(differences))
        if account_id is None:
            _tell(session, "ledger:routes", f"The figures of routes do not add up. {reason}")
            continue
        session.execute(
            update(Account)
            .where(Account.id == account_id, Account.stopped_reason.is_(None))
            .values(stopped_reason=reason)
        )
        words = f"The books of account {account_id} do not add up, so nothing new goes out. {reason}"
        _tell(session, f"ledger:{account_id}", words, account_id)


def _tell(session: Session, key: str, words: str, account_id: int | None = None) -> None:
    table = StaffAlert.__table__
    assert isinstance(table, Table)
    insert_new(session, table, [{"key": key, "account_id": account_id, "text": words}])


def _reason(differences: Sequence[Difference]) -> str:
    """The first few differences in words, within the 500 characters that a reason may have."""
    shown = "; ".join(str(difference) for difference in differences[:_SHOWN])
    more = len(differences) - _SHOWN
    reason = f"{shown}; and {more} more." if more > 0 else f"{shown}."
    return reason if len(reason) <= 500 else reason[:499] + "…"
