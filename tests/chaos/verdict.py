"""The verdict on a storm: what the carrier wrote down against what the database says. No complaint, or red."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.gateways.errors import ErrorCode
from app.ledger.audit import audit
from app.models import Account, Message, MessageStatus, Task, TaskState
from app.sending.sweep import NO_RECEIPT
from tests.chaos.carrier import ChaosCarrier, Record
from tests.chaos.crew import MARGIN

_SHOWN = 5
_SAID_NOTHING = frozenset({ErrorCode.TIMEOUT, ErrorCode.INTERRUPTED})
_WINDOW = (
    3.0  # seconds over which a pace is judged from outside; in less, a stalled machine shows, not the pump
)


@dataclass(frozen=True)
class Doubts:
    """What stood in doubt when nothing else moved any more, and for which of that there was a reason."""

    standing: frozenset[str]
    explained: frozenset[str]


def doubts(
    session: Session, record: Record, in_the_dark: Container[tuple[str, str]], answer_timeout: float
) -> Doubts:
    """Taken before anything in doubt is given up.

    Explained by an answer that says nothing certain, by one that came when nobody listened any more, or none, for the
    machine let the carrier do nothing meanwhile, or by a process that was struck while it held the message by the very
    claim that stands on it: `in_the_dark` are such references and claims.
    """
    rows = session.execute(
        select(Message.reference, Message.claim, Message.sent_at, Message.error_code).where(
            Message.status == MessageStatus.IN_DOUBT
        )
    ).all()
    patience = timedelta(seconds=answer_timeout * 0.9)
    explained = {
        row.reference
        for row in rows
        if row.reference in record.ambiguous
        or (row.reference, row.claim) in in_the_dark
        or (row.error_code in _SAID_NOTHING and _was_late(record, row.reference, row.sent_at, patience))
    }
    return Doubts(frozenset(row.reference for row in rows), frozenset(explained))


def _was_late(record: Record, reference: str, sent_at: datetime, patience: timedelta) -> bool:
    answered = record.answered.get(reference)
    if answered is not None:
        return answered - sent_at >= patience
    gave_up = sent_at + patience + timedelta(seconds=MARGIN)
    return any(began <= gave_up and sent_at <= ended for began, ended in record.stalls)


def complaints(
    session: Session,
    carrier: ChaosCarrier,
    seen: Doubts,
    overtaken: Iterable[str],
    *,
    credit: int,
    dedupes: bool,
    rate: float,
) -> list[str]:
    """Everything that is wrong at the end of a storm, each kind with a few examples."""
    record = carrier.record
    messages = {message.reference: message for message in session.scalars(select(Message))}
    found = [
        _some("sent twice", [each for each, times in record.taken.items() if times > 1]),
        _some("sent and not ours", record.taken.keys() - messages.keys()),
        _some("in doubt without a reason", seen.standing - seen.explained),
        _some("taken under a lease that another had by then", overtaken),
        _some("never final", [each for each in messages.values() if _hangs(each, record)]),
        _some("lost", [each for each in messages.values() if _is_lost(each, record, seen, dedupes=dedupes)]),
        _some(
            "ends otherwise than the carrier says",
            [each for each in messages.values() if _differs(each, record)],
        ),
        _some("tasks not done", session.scalars(select(Task.id).where(Task.state != TaskState.DONE))),
    ]
    if record.believed:
        found.append(f"forged receipts believed: {record.believed}")
    found += _money(session, messages.values(), credit)
    found += _pace(record.arrivals, rate)
    return [complaint for complaint in found if complaint]


def _is_lost(message: Message, record: Record, seen: Doubts, *, dedupes: bool) -> bool:
    """Never taken by the carrier, though nothing kept it from being."""
    if record.taken[message.reference] or message.reference in record.refused:
        return False
    given_up = message.status == MessageStatus.FAILED and message.error_code == NO_RECEIPT
    return dedupes or not given_up or message.reference not in seen.explained


def _hangs(message: Message, record: Record) -> bool:
    """No last word, though the carrier would have given one."""
    return message.final_at is None and message.reference not in record.untold


def _differs(message: Message, record: Record) -> bool:
    """A text that went out ends as its reader's phone says; accepted, where the carrier tells only that it took it."""
    ending = record.endings.get(message.reference)
    if ending is None:
        return message.status == MessageStatus.DELIVERED
    if message.reference in record.untold:
        return message.status != MessageStatus.ACCEPTED
    return message.status != ending


def _money(session: Session, messages: Iterable[Message], credit: int) -> list[str]:
    report = audit(session)
    found = [] if report.ok else [f"the ledger audit found differences: {report.differences[:_SHOWN]}"]
    account = session.scalars(select(Account)).one()
    paid = sum(
        message.price
        for message in messages
        if message.status in (MessageStatus.DELIVERED, MessageStatus.ACCEPTED)
    )
    if (account.available, account.held) != (credit - paid, 0):
        found.append(
            f"the account has {account.available} and holds {account.held}, of {credit} with {paid} due"
        )
    return found


def _pace(arrivals: list[float], rate: float) -> list[str]:
    """Whether the carrier was ever written to much faster than the route allows."""
    moments = sorted(arrivals)
    most = rate * _WINDOW * 1.35 + 20
    first = 0
    for last, moment in enumerate(moments):
        while moments[first] < moment - _WINDOW:
            first += 1
        if last - first + 1 > most:
            return [f"{last - first + 1} requests in {_WINDOW} s at a rate of {rate}"]
    return []


def _some(what: str, found: Iterable[object]) -> str:
    each = [_named(one) for one in found]
    return f"{what}: {len(each)}, such as {', '.join(each[:_SHOWN])}" if each else ""


def _named(one: object) -> str:
    if isinstance(one, Message):
        return f"{one.reference} ({one.status}, {one.error_code}, attempt {one.attempt})"
    return str(one)


def figures(session: Session) -> Counter[str]:
    return Counter(session.scalars(select(Message.status)))
