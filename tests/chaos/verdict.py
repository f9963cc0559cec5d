"""The verdict on a storm: what the carrier wrote down against what the database says. No complaint, or red."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.gateways.errors import ErrorCode
from app.ledger.audit import audit
from app.models import Account, Message, MessageStatus, Task, TaskState
from app.sending.sweep import NO_RECEIPT
from tests.chaos.carrier import ChaosCarrier, Record, Stall
from tests.chaos.crew import MARGIN
from tests.chaos.people import Wishes

_SHOWN = 5
_SAID_NOTHING = frozenset({ErrorCode.TIMEOUT, ErrorCode.INTERRUPTED})
# Over which a pace is judged from outside; in less, a stalled machine shows, not the pump.
_WINDOW = timedelta(seconds=3)
# No promise: a job has to run among others, where workers are killed. One that was lost for good is later than this.
_HEARD_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True)
class Doubts:
    """What stood in doubt when nothing else moved any more, and for which of that there was a reason."""

    standing: frozenset[str]
    explained: frozenset[str]


def doubts(
    session: Session,
    record: Record,
    in_the_dark: Set[tuple[str, str]],
    stalls: Mapping[str, Sequence[Stall]],
    answer_timeout: float,
) -> Doubts:
    """Taken before anything in doubt is given up.

    Explained by an answer that says nothing certain; by one that came when nobody listened any more, or none, for the
    machine let the carrier or the pump do nothing meanwhile; or by a process that was struck while it held the message
    by the very claim that stands on it: `in_the_dark` are such references and claims. What was called off after such a
    try carries no claim any more. `stalls` are the pumps', by their leases.
    """
    rows = session.execute(
        select(Message.reference, Message.claim, Message.sent_at, Message.error_code).where(
            Message.status == MessageStatus.IN_DOUBT
        )
    ).all()
    patience = timedelta(seconds=answer_timeout * 0.9)
    struck = in_the_dark | {(reference, None) for reference, _ in in_the_dark}
    explained = {
        row.reference
        for row in rows
        if row.reference in record.ambiguous
        or (row.reference, row.claim) in struck
        or (
            row.error_code in _SAID_NOTHING
            and (
                _was_late(record, row.reference, row.sent_at, patience)
                or _stood_still(stalls.get(_lease(row.claim), ()), row.sent_at, patience)
            )
        )
    }
    return Doubts(frozenset(row.reference for row in rows), frozenset(explained))


def _was_late(record: Record, reference: str, sent_at: datetime, patience: timedelta) -> bool:
    answered = record.answered.get(reference)
    if answered is not None:
        return answered - sent_at >= patience
    return _stood_still(record.stalls, sent_at, patience)


def _stood_still(stalls: Iterable[Stall], sent_at: datetime, patience: timedelta) -> bool:
    gave_up = sent_at + patience + timedelta(seconds=MARGIN)
    return any(began <= gave_up and sent_at <= ended for began, ended in stalls)


def _lease(claim: str | None) -> str:
    return (claim or "").rpartition(".")[0]


def complaints(
    session: Session,
    carrier: ChaosCarrier,
    seen: Doubts,
    overtaken: Iterable[str],
    wishes: Wishes,
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
        _some(
            "lost",
            [each for each in messages.values() if _is_lost(each, record, seen, wishes, dedupes=dedupes)],
        ),
        _some(
            "ends otherwise than the carrier says",
            [each for each in messages.values() if _differs(each, record)],
        ),
        _some(
            "sent though it was called off", [each for each in messages.values() if _arrived(each, record)]
        ),
        _some("left while it was to stand still", _restless(messages.values(), wishes)),
        _some("left long after its number was suppressed", _unheard(messages.values(), wishes)),
        _some("tasks not over", _under_way(session, wishes)),
    ]
    if record.believed:
        found.append(f"forged receipts believed: {record.believed}")
    found += _money(session, messages.values(), credit + wishes.credited)
    found += _pace(record, rate)
    return [complaint for complaint in found if complaint]


def _is_lost(message: Message, record: Record, seen: Doubts, wishes: Wishes, *, dedupes: bool) -> bool:
    """Never taken by the carrier, though nothing kept it from being."""
    if record.taken[message.reference] or message.reference in record.refused:
        return False
    is_unwanted = message.task_id in wishes.cancelled or message.e164 in wishes.suppressed
    if is_unwanted and message.status == MessageStatus.CANCELLED:
        return False
    given_up = message.status == MessageStatus.FAILED and message.error_code == NO_RECEIPT
    is_sent_again = dedupes and not is_unwanted
    return is_sent_again or not given_up or message.reference not in seen.explained


def _arrived(message: Message, record: Record) -> bool:
    """Called off, as if it had never left."""
    return message.status == MessageStatus.CANCELLED and record.taken[message.reference] > 0


def _restless(messages: Iterable[Message], wishes: Wishes) -> list[Message]:
    """Fenced while their task or all was paused, or after it was cancelled. What was fenced before may finish."""
    return [
        each
        for each in messages
        if each.sent_at is not None
        and any(
            still.task_id in (each.task_id, None) and still.since < each.sent_at < still.until
            for still in wishes.still
        )
    ]


def _unheard(messages: Iterable[Message], wishes: Wishes) -> list[Message]:
    return [
        each
        for each in messages
        if each.e164 in wishes.suppressed
        and each.sent_at is not None
        and each.sent_at > wishes.suppressed[each.e164] + _HEARD_WITHIN
    ]


def _under_way(session: Session, wishes: Wishes) -> list[str]:
    """A task that somebody cancelled is cancelled, and every other one is done."""
    return [
        f"{task.id} ({task.state})"
        for task in session.scalars(select(Task).order_by(Task.id))
        if task.state != (TaskState.CANCELLED if task.id in wishes.cancelled else TaskState.DONE)
    ]


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


def _pace(record: Record, rate: float) -> list[str]:
    """Whether the carrier was ever written to much faster than the route allows.

    Not where it could not look when what came together had come.
    """
    moments = sorted(record.arrivals)
    most = rate * _WINDOW.total_seconds() * 1.35 + 20
    first = 0
    for last, moment in enumerate(moments):
        while moments[first] < moment - _WINDOW:
            first += 1
        looked = not any(began <= moment and ended >= moments[first] for began, ended in record.stalls)
        if last - first + 1 > most and looked:
            return [f"{last - first + 1} requests in {_WINDOW} at a rate of {rate}"]
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
