"""The desk's lists as rows for a file, in batches: clients, top-ups, suppressed numbers, the audit log; and a client's
ledger, tasks and messages.

They are the lists of the desk's pages with the same filters, newest first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from app.desk import clients
from app.desk.audit_pages import AuditFilter, all_events
from app.exports import list_rows, message_rows
from app.exports.desk_asking import account_number
from app.exports.sheets import Column, Kind
from app.exports.wishes import Wish, asked_of
from app.models import Account, AuditEvent, ExportKind, LedgerEntry, Plan, Role, Suppression, TopUp, User
from app.records.periods import Period
from app.topups import queue, statement

Rows = list[tuple[Any, ...]]
List = tuple[tuple[Column, ...], int | None, Iterator[Rows]]

_BATCH: Final = 1_000

CLIENT_COLUMNS: Final = (
    Column("client_number", Kind.COUNT),
    Column("client"),
    Column("state"),
    Column("reason"),
    Column("owners"),
    Column("plan"),
    Column("time_zone"),
    Column("credits_available", Kind.AMOUNT),
    Column("credits_held", Kind.AMOUNT),
    Column("since", Kind.MOMENT),
)
TOP_UP_COLUMNS: Final = (
    Column("reference"),
    Column("state"),
    Column("client_number", Kind.COUNT),
    Column("client"),
    Column("asked_for_by"),
    Column("credits_asked", Kind.AMOUNT),
    Column("credits_approved", Kind.AMOUNT),
    Column("paid_hundredths", Kind.COUNT),
    Column("currency"),
    Column("bank_reference"),
    Column("reason"),
    Column("decided_by"),
    Column("confirmed_by"),
    Column("uploaded", Kind.MOMENT),
    Column("decided", Kind.MOMENT),
    Column("confirmed", Kind.MOMENT),
)
AUDIT_COLUMNS: Final = (
    Column("event", Kind.COUNT),
    Column("time", Kind.MOMENT),
    Column("who"),
    Column("action"),
    Column("subject"),
    Column("client_number", Kind.COUNT),
    Column("ip"),
    Column("before"),
    Column("after"),
)
LEDGER_COLUMNS: Final = (
    Column("entry_number", Kind.COUNT),
    *list_rows.STATEMENT_COLUMNS,
    Column("note"),
    Column("key"),
    Column("by"),
)

SUPPRESSION_COLUMNS: Final = (
    Column("phone"),
    Column("since", Kind.MOMENT),
    Column("source"),
    Column("note"),
)


def list_of(session: Session, wish: Wish, period: Period) -> List:
    """The list's columns, how many rows it has (None: nobody knows yet), and its rows. `period` is in UTC."""
    if wish.kind == ExportKind.DESK_CLIENTS:
        found = clients.matching(wish.words or "", wish.state)
        return (
            CLIENT_COLUMNS,
            _count(session, found, Account.id),
            _pieces(session, found, Account.id, _clients),
        )
    if wish.kind == ExportKind.DESK_TOP_UPS:
        found_top_ups = queue.listed(wish.state).options(joinedload(TopUp.user), joinedload(TopUp.confirmer))
        number = _count(session, queue.listed(wish.state), TopUp.id)
        return TOP_UP_COLUMNS, number, _pieces(session, found_top_ups, TopUp.id, _top_ups)
    if wish.kind == ExportKind.DESK_AUDIT:
        return AUDIT_COLUMNS, None, _audit(session, wish, period)
    if wish.kind == ExportKind.DESK_SUPPRESSION:
        numbers = select(Suppression).where(Suppression.account_id.is_(None))
        return (
            SUPPRESSION_COLUMNS,
            _count(session, numbers, Suppression.id),
            _pieces(session, numbers, Suppression.id, _suppressions),
        )
    account_id, asked = account_number(wish), asked_of(wish, period)
    if wish.kind == ExportKind.DESK_LEDGER:
        entries = select(LedgerEntry).where(LedgerEntry.account_id == account_id, *_within(period))
        return LEDGER_COLUMNS, None, _pieces(session, entries, LedgerEntry.id, _entries)
    if wish.kind == ExportKind.DESK_TASKS:
        number = list_rows.count_tasks(session, account_id, asked, wish.state, submitted=False)
        rows = list_rows.task_rows(session, account_id, asked, wish.state, submitted=False)
        return list_rows.TASK_COLUMNS, number, rows
    messages = message_rows.message_rows(session, account_id, asked)
    return message_rows.COLUMNS, message_rows.how_many(session, account_id, asked), messages


def _pieces(
    session: Session, found: Select[Any], key: Any, rows_of: Callable[[Session, Sequence[Any]], Rows]
) -> Iterator[Rows]:
    """What the statement finds, by falling key, with no transaction left open between the batches."""
    last: int | None = None
    while True:
        piece = found if last is None else found.where(key < last)
        things = session.scalars(piece.order_by(key.desc()).limit(_BATCH)).all()
        rows, last = rows_of(session, things), things[-1].id if things else None
        session.rollback()
        yield rows
        if len(rows) < _BATCH:
            return


def _count(session: Session, found: Select[Any], key: Any) -> int:
    return session.scalar(select(func.count()).select_from(found.with_only_columns(key).subquery())) or 0


def _clients(session: Session, accounts: Sequence[Account]) -> Rows:
    plans = {plan.id: plan.name for plan in session.scalars(select(Plan))}
    owners: dict[int, list[str]] = {}
    of_these = User.account_id.in_([account.id for account in accounts])
    people = select(User).where(of_these, User.role == Role.OWNER, User.disabled_at.is_(None))
    for person in session.scalars(people.order_by(User.id)):
        owners.setdefault(person.account_id or 0, []).append(f"{person.name} <{person.email}>")
    return [
        (
            account.id,
            account.name,
            account.state,
            account.stopped_reason or account.state_reason,
            "; ".join(owners.get(account.id, [])),
            plans.get(account.plan_id or 0),
            account.time_zone,
            account.available,
            account.held,
            account.created_at,
        )
        for account in accounts
    ]


def _top_ups(_session: Session, top_ups: Sequence[TopUp]) -> Rows:
    return [
        (
            each.reference,
            each.state,
            each.account_id,
            each.account.name,
            each.user.email,
            each.amount,
            each.approved_amount,
            each.paid,
            each.currency,
            each.bank_reference,
            each.reason,
            each.decider.email if each.decider else None,
            each.confirmer.email if each.confirmer else None,
            each.submitted_at,
            each.decided_at,
            each.confirmed_at,
        )
        for each in top_ups
    ]


def _suppressions(_session: Session, rows: Sequence[Suppression]) -> Rows:
    return [(row.e164, row.at, row.source, row.note) for row in rows]


def _entries(session: Session, entries: Sequence[LedgerEntry]) -> Rows:
    ids = {entry.user_id for entry in entries if entry.user_id is not None}
    people = {
        row.id: row.email for row in session.execute(select(User.id, User.email).where(User.id.in_(ids)))
    }
    return [
        (
            line.entry.id,
            *list_rows.statement_row(line),
            line.entry.note,
            line.entry.key,
            people.get(line.entry.user_id or 0),
        )
        for line in statement.lines(session, entries)
    ]


def _audit(session: Session, wish: Wish, period: Period) -> Iterator[Rows]:
    chosen = AuditFilter(
        actor=wish.actor,
        action=wish.action,
        account_id=account_number(wish) if wish.account else None,
        since=period.since,
        until=period.until,
    )
    events = all_events(session, chosen)
    while rows := [_event(event) for event in islice(events, _BATCH)]:
        session.rollback()
        yield rows


def _event(event: AuditEvent) -> tuple[Any, ...]:
    return (
        event.id,
        event.at,
        event.actor,
        event.action,
        event.subject,
        event.account_id,
        event.ip,
        _json(event.before),
        _json(event.after),
    )


def _within(period: Period) -> Iterable[Any]:
    since, until = period.since, period.until
    return (
        *((LedgerEntry.created_at >= since,) if since is not None else ()),
        *((LedgerEntry.created_at < until,) if until is not None else ()),
    )


def _json(values: dict[str, Any] | None) -> str | None:
    return None if values is None else json.dumps(values, ensure_ascii=False, sort_keys=True)
