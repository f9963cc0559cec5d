"""Suppression lists: each account's own, and the one that staff keep for all of them.

Throughout, an `account_id` of None means the list for all accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

from sqlalchemy import ColumnElement, Table, delete, or_, select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.database import insert_new
from app.desk import audit_log
from app.desk.audit_log import Actor
from app.errors import NotFound
from app.language import gettext
from app.models import Chore, Suppression, SuppressionSource
from app.queues import enqueue_after_commit
from app.recipients.intake import Intake, Rejection
from app.recipients.numbers import NumberRules
from app.recipients.typed import take_in_typed
from app.records.pages import Page, page_by_key

MOST_PASTED = 5_000
LONGEST_NOTE = 200
_LEAVE_OUT = "leave-out:"
_UNDER_WAY = timedelta(seconds=10)  # longer than a submission takes, or the start of what is due
_CHUNK = 1_000  # numbers asked about at once; databases cap the parameters of a statement
_TABLE: Table = Suppression.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Added:
    """What became of numbers that were to be suppressed; `known` were on the list before."""

    added: int
    known: int
    rejections: tuple[Rejection, ...] = ()


def suppress_typed(
    session: Session, actor: Actor, account_id: int | None, text: str, source: SuppressionSource, note: str
) -> Added:
    """Put typed or pasted numbers on the list. What is no number stays off it, with a reason.

    Raises FileRefused when there is nothing, or more than MOST_PASTED.
    """
    intake = take_in_typed(text, NumberRules(), MOST_PASTED)
    return suppress_intake(session, actor, account_id, intake, source, note)


def suppress_intake(
    session: Session,
    actor: Actor,
    account_id: int | None,
    intake: Intake,
    source: SuppressionSource,
    note: str,
) -> Added:
    """Put the numbers of a list or a file on the list, on the record."""
    numbers = [found.e164 for found in intake.recipients]
    added = suppress_numbers(session, account_id, numbers, source, note)
    rejections = tuple(each for each in intake.rejections if each.reason != "duplicate")
    if added.added:
        after = {"added": added.added, "source": source.value, "note": note}
        if added.added == 1 and len(numbers) == 1:
            after["number"] = numbers[0]
        audit_log.record(
            session, actor, "suppression.add", _subject(account_id), account_id=account_id, after=after
        )
    return Added(added.added, added.known, rejections)


def suppress_numbers(
    session: Session,
    account_id: int | None,
    numbers: Iterable[str],
    source: SuppressionSource,
    note: str = "",
    at: datetime | None = None,
) -> Added:
    """Put numbers (E.164) on the list, as of `at` (now, by default); those there keep their first source and time.

    But whoever asks themselves is known to have asked, whoever had put their number there before.
    """
    wanted = list(dict.fromkeys(numbers))
    known = _on_list(session, account_id, wanted)
    moment = at or now()
    rows = [
        {
            "account_id": account_id,
            "e164": e164,
            "source": source.value,
            "note": note[:LONGEST_NOTE],
            "at": moment,
        }
        for e164 in wanted
        if e164 not in known
    ]
    insert_new(session, _TABLE, rows)
    if source is SuppressionSource.OPT_OUT and known:
        _note_wishes(session, account_id, sorted(known))
    if rows:
        _ask_to_leave_out(session, account_id or 0)
    return Added(len(rows), len(known))


def _ask_to_leave_out(session: Session, account_id: int) -> None:
    """What is queued to suppressed numbers already must not leave either. Nobody's account has the number 0.

    A note has the ticker ask once more a little later, until a job has done so: the first may be lost, and sees nothing
    of a task that was being submitted in that moment.
    """
    name = f"{_LEAVE_OUT}{account_id}:{token_hex(4)}"
    insert_new(session, Chore.__table__, [{"name": name, "done_at": now()}])  # type: ignore[arg-type]
    enqueue_after_commit(session, "jobs.lists.leave_out", account_id)


def left_out_undone(session: Session, account_id: int | None = None) -> dict[str, int]:
    """The notes of what is to be looked for once more, of one account or of all, and whose each is; 0 is everybody's.

    Whatever was under way when they were written is over by now, or a clock was set back. At most a thousand.
    """
    moment = now()
    notes = session.scalars(
        select(Chore.name)
        .where(
            Chore.name.startswith(_LEAVE_OUT if account_id is None else f"{_LEAVE_OUT}{account_id}:"),
            or_(Chore.done_at <= moment - _UNDER_WAY, Chore.done_at > moment + _UNDER_WAY),
        )
        .order_by(Chore.done_at)
        .limit(_CHUNK)
    )
    return {name: int(name.split(":")[1]) for name in notes}


def forget_left_out(session: Session, notes: Iterable[str]) -> None:
    """These were done; what was suppressed since has notes of its own."""
    session.execute(delete(Chore).where(Chore.name.in_(list(notes))))


def remove(session: Session, actor: Actor, account_id: int | None, suppression_id: int) -> str:
    """Take a number off this list, on the record, and return it. Raises NotFound when it is not on it."""
    row = session.scalar(
        select(Suppression).where(Suppression.id == suppression_id, _of(account_id)).with_for_update()
    )
    if row is None:
        raise NotFound(gettext("This number is not on the list. It may have been removed already."))
    e164 = row.e164
    session.execute(delete(Suppression).where(Suppression.id == row.id))
    before = {"number": e164, "source": row.source, "note": row.note}
    audit_log.record(
        session, actor, "suppression.remove", _subject(account_id), account_id=account_id, before=before
    )
    return e164


def suppression_page(
    session: Session,
    account_id: int | None,
    *,
    holding: str = "",
    before: int | None = None,
    after: int | None = None,
) -> Page[Suppression]:
    """A page of the list, newest first; `holding` keeps the numbers that have these digits."""
    statement = select(Suppression).where(_of(account_id))
    digits = "".join(sign for sign in holding if sign.isascii() and sign.isdigit())
    if digits:
        statement = statement.where(Suppression.e164.contains(digits, autoescape=True))
    return page_by_key(session, statement, Suppression.id, before=before, after=after)


def suppressions(session: Session, account_id: int | None) -> Iterator[Suppression]:
    """The whole list, oldest first, a thousand rows at a time."""
    statement = select(Suppression).where(_of(account_id)).order_by(Suppression.id)
    return iter(session.scalars(statement.execution_options(yield_per=1_000)))


def _note_wishes(session: Session, account_id: int | None, numbers: Sequence[str]) -> None:
    """The account had these on its list of its own accord; it must not take them off as if that were all."""
    own = Suppression.source.in_((SuppressionSource.TYPED, SuppressionSource.FILE))
    for start in range(0, len(numbers), _CHUNK):
        session.execute(
            update(Suppression)
            .where(_of(account_id), own, Suppression.e164.in_(numbers[start : start + _CHUNK]))
            .values(source=SuppressionSource.OPT_OUT.value)
            .execution_options(synchronize_session=False)
        )


def _on_list(session: Session, account_id: int | None, numbers: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(numbers), _CHUNK):
        chunk = numbers[start : start + _CHUNK]
        known.update(
            session.scalars(select(Suppression.e164).where(_of(account_id), Suppression.e164.in_(chunk)))
        )
    return known


def _of(account_id: int | None) -> ColumnElement[bool]:
    return Suppression.account_id.is_(None) if account_id is None else Suppression.account_id == account_id


def _subject(account_id: int | None) -> str:
    return "suppression:all" if account_id is None else f"suppression:{account_id}"
