"""The statement: every entry of the account's ledger, what it was for, and the balances it left.

A period is a stretch of entries without a gap (from the first entry in it to the last), so what it opened with, what
came in and went out, and what it closed with always add up; and every page is read up to one entry, the one
that the header's figures are of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.errors import NotFound, TopUpRefused
from app.language import gettext, mark, thousands
from app.ledger.blocks import moved_between
from app.models import Account, EntryKind, LedgerEntry, Task, TopUp
from app.records.pages import Page, page_by_key
from app.records.periods import Period

KIND_WORDS: Final[Mapping[str, str]] = {
    EntryKind.TOP_UP: mark("Top-up"),
    EntryKind.ADJUSTMENT: mark("Correction by our staff"),
    EntryKind.HOLD: mark("Held for a task"),
    EntryKind.CHARGE: mark("Charged"),
    EntryKind.RELEASE: mark("Given back"),
    EntryKind.REFUND: mark("Refunded"),
}
_KEY: Final = "topup:"
_CHUNK: Final = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """An entry and what it was for. Amounts are in the entry, in millicredits."""

    entry: LedgerEntry
    task: Task | None
    top_up: TopUp | None

    @property
    def what(self) -> str:
        return gettext(KIND_WORDS[EntryKind(self.entry.kind)])

    @property
    def subject(self) -> str:
        """The task's name, the top-up's reference or the note: plain text, some of it the client's own."""
        if self.task is not None:
            return self.task.name
        if self.top_up is not None:
            return self.top_up.reference
        return self.entry.note or ""


@dataclass(frozen=True, slots=True)
class Totals:
    """A period in one line, in millicredits: what was available before, came in, went out, and was left; held too."""

    opening: int = 0
    came_in: int = 0
    went_out: int = 0
    closing: int = 0
    held_opening: int = 0
    held_closing: int = 0
    entries: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """An account's entries from `first_id` to `last_id`, both included; no ids: no entries."""

    account_id: int
    first_id: int | None
    last_id: int | None
    totals: Totals


def stretch(session: Session, account_id: int, period: Period) -> Stretch:
    """The entries of the period as they stand now. Raises NotFound for an account there is not.

    The account's own figures, which the header shows, are read in the same statement as its newest entry.
    """
    newest = _newest(session, account_id)
    first_id = _end(session, account_id, newest, period, latest=False)
    last_id = _end(session, account_id, newest, period, latest=True)
    if first_id is None or last_id is None:
        return Stretch(account_id, None, None, _standing_before(session, account_id, period))
    first_id, last_id = min(first_id, last_id), max(first_id, last_id)  # should a clock have been put back
    return Stretch(account_id, first_id, last_id, _totals(session, account_id, first_id, last_id))


def statement_page(
    session: Session, entries: Stretch, *, before: int | None = None, after: int | None = None
) -> Page[LedgerEntry]:
    """A page of the stretch, newest first, by key; `before` and `after` are entry ids."""
    return page_by_key(session, _entries(entries), LedgerEntry.id, before=before, after=after)


def all_lines(session: Session, entries: Stretch, most: int) -> Iterator[Line]:
    """Every line of the stretch, oldest first, read in pieces. Raises TopUpRefused where there are more than `most`."""
    if entries.totals.entries > most:
        raise TopUpRefused(
            gettext(
                "This period has %(entries)s entries, and a file takes %(most)s. Choose fewer days.",
                entries=thousands(entries.totals.entries),
                most=thousands(most),
            )
        )
    reached = 0
    while True:
        statement = _entries(entries).where(LedgerEntry.id > reached).order_by(LedgerEntry.id).limit(_CHUNK)
        found = session.scalars(statement).all()
        yield from lines(session, found)
        if len(found) < _CHUNK:
            return
        reached = found[-1].id


def lines(session: Session, entries: Sequence[LedgerEntry]) -> list[Line]:
    """The entries with what each was for, in two more questions however many they are."""
    task_ids = {entry.task_id for entry in entries if entry.task_id is not None}
    tasks = {task.id: task for task in session.scalars(select(Task).where(Task.id.in_(task_ids)))}
    top_up_ids = {entry.id: _top_up_id(entry) for entry in entries}
    wanted = {number for number in top_up_ids.values() if number is not None}
    top_ups = {top_up.id: top_up for top_up in session.scalars(select(TopUp).where(TopUp.id.in_(wanted)))}
    return [
        Line(entry, tasks.get(entry.task_id or 0), top_ups.get(top_up_ids[entry.id] or 0))
        for entry in entries
    ]


def _end(session: Session, account_id: int, newest: int, period: Period, *, latest: bool) -> int | None:
    """The first or the last entry of the period, None for none: found at once in the index of the entries' times.

    Entries of an account follow one another, its lock sees to that, so their times grow with their ids.
    """
    moment, key = LedgerEntry.created_at, LedgerEntry.id
    entries = select(key).where(LedgerEntry.account_id == account_id, key <= newest)
    if period.since is not None:
        entries = entries.where(moment >= period.since)
    if period.until is not None:
        entries = entries.where(moment < period.until)
    order = (moment.desc(), key.desc()) if latest else (moment.asc(), key.asc())
    return session.scalar(entries.order_by(*order).limit(1))


def _newest(session: Session, account_id: int) -> int:
    """The account's newest entry's id, 0 for none; the loaded account shows the balances of that same moment."""
    newest = select(func.max(LedgerEntry.id)).where(LedgerEntry.account_id == account_id).scalar_subquery()
    row = session.execute(
        select(Account.available, Account.held, newest).where(Account.id == account_id)
    ).one_or_none()
    if row is None:
        raise NotFound(gettext("There is no such account."))
    account = session.get_one(Account, account_id)
    set_committed_value(account, "available", row[0])
    set_committed_value(account, "held", row[1])
    return row[2] or 0


def _totals(session: Session, account_id: int, first_id: int, last_id: int) -> Totals:
    moved = moved_between(session, account_id, first_id, last_id)
    first = session.get_one(LedgerEntry, first_id)
    last = session.get_one(LedgerEntry, last_id)
    return Totals(
        opening=first.available_after - first.available,
        came_in=moved.came_in,
        went_out=moved.went_out,
        closing=last.available_after,
        held_opening=first.held_after - first.held,
        held_closing=last.held_after,
        entries=moved.entries,
    )


def _standing_before(session: Session, account_id: int, period: Period) -> Totals:
    """The figures of a period without entries: what the last entry before it left."""
    statement = select(LedgerEntry).where(LedgerEntry.account_id == account_id)
    if period.until is not None:
        statement = statement.where(LedgerEntry.created_at < period.until)
    last = session.scalars(statement.order_by(LedgerEntry.id.desc()).limit(1)).first()
    if last is None:
        return Totals()
    return Totals(
        opening=last.available_after,
        closing=last.available_after,
        held_opening=last.held_after,
        held_closing=last.held_after,
    )


def _entries(entries: Stretch) -> Select[LedgerEntry]:
    first_id, last_id = entries.first_id or 1, entries.last_id or 0
    return select(LedgerEntry).where(
        LedgerEntry.account_id == entries.account_id, LedgerEntry.id >= first_id, LedgerEntry.id <= last_id
    )


def _top_up_id(entry: LedgerEntry) -> int | None:
    number = entry.key.removeprefix(_KEY)
    return int(number) if entry.key.startswith(_KEY) and number.isdigit() else None
