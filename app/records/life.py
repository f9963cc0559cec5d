"""One message's way, step by step, and the ledger entries that its price is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.language import gettext, mark
from app.models import ChargeWhen, EntryKind, LedgerEntry, Message, MessageStatus, Money, Receipt

_RECEIPTS = {
    "delivered": mark("The phone has it, says the network’s receipt."),
    "failed": mark("The network’s receipt says that it failed."),
    "buffered": mark("The network keeps it until the phone is in reach."),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a message; `code` is the gateway's reason, where there is one."""

    at: datetime
    words: str
    code: str | None = None


def life_of(session: Session, message: Message) -> list[Step]:
    """What happened to the message, in the order it happened."""
    task = message.task
    steps = [Step(task.created_at, gettext("The task was begun."))]
    if task.submitted_at is not None:
        steps.append(Step(task.submitted_at, gettext("It was submitted, and its price held.")))
    if task.started_at is not None and task.started_at != task.submitted_at:
        steps.append(Step(task.started_at, gettext("The task began to send.")))
    if message.sent_at is not None:
        words = (
            gettext("It was handed to the gateway, attempt %(number)s.", number=message.attempt)
            if message.attempt > 1
            else gettext("It was handed to the gateway.")
        )
        steps.append(Step(message.sent_at, words))
    receipts = _receipts(session, message)
    steps += [Step(receipt.received_at, _receipt_words(receipt), receipt.error_code) for receipt in receipts]
    if message.answered_at is not None:
        steps.append(_answer(message, told_later=bool(receipts)))
    if message.final_at is not None and not receipts and message.final_at != message.answered_at:
        steps.append(Step(message.final_at, _end_words(message), message.error_code))
    return sorted(steps, key=lambda step: step.at)


def entries_of(session: Session, message: Message) -> list[LedgerEntry]:
    """The entries that this message's price is in, in the order they were made.

    An entry sums the messages of a task that changed together; changes of a task follow one another, so the one that
    a message's price is in is the first of its kind that was made at the moment of its change or after.
    """
    moments: dict[EntryKind, datetime | None] = {EntryKind.HOLD: message.queued_at}
    taken = message.task.charge_when == ChargeWhen.ACCEPTED and message.answered_at
    if message.money in (Money.CHARGED, Money.REFUNDED):
        moments[EntryKind.CHARGE] = taken or message.final_at
    if message.money == Money.REFUNDED:
        moments[EntryKind.REFUND] = message.final_at
    if message.money == Money.RELEASED:
        moments[EntryKind.RELEASE] = message.final_at
    entries = (_first_entry(session, message, kind, moment) for kind, moment in moments.items())
    return [entry for entry in entries if entry is not None]


def _first_entry(
    session: Session, message: Message, kind: EntryKind, moment: datetime | None
) -> LedgerEntry | None:
    statement = select(LedgerEntry).where(LedgerEntry.task_id == message.task_id, LedgerEntry.kind == kind)
    if moment is not None and kind is not EntryKind.HOLD:  # a task has one hold, made before its messages
        statement = statement.where(LedgerEntry.created_at >= moment)
    return session.scalars(statement.order_by(LedgerEntry.id).limit(1)).first()


def _receipts(session: Session, message: Message) -> Sequence[Receipt]:
    return session.scalars(select(Receipt).where(Receipt.message_id == message.id).order_by(Receipt.id)).all()


def _receipt_words(receipt: Receipt) -> str:
    if receipt.status in _RECEIPTS:
        words = gettext(_RECEIPTS[receipt.status])
    else:
        words = gettext("The network reported “%(status)s”.", status=receipt.status)
    if receipt.outcome != "contradicts":
        return words
    return gettext("%(words)s That was said otherwise before, and stays.", words=words)


def _answer(message: Message, *, told_later: bool) -> Step:
    assert message.answered_at is not None
    if message.status == MessageStatus.FAILED and message.final_at == message.answered_at:
        return Step(message.answered_at, gettext("The gateway refused it."), message.error_code)
    reason = None if told_later or message.status == MessageStatus.FAILED else message.error_code
    return Step(message.answered_at, gettext("The network took it."), reason)


def _end_words(message: Message) -> str:
    return {
        MessageStatus.DELIVERED: gettext("It was delivered."),
        MessageStatus.CANCELLED: gettext("It was cancelled before it left."),
    }.get(MessageStatus(message.status), gettext("It failed."))
