"""The message list as rows for a file: in the page's order, millions of them in the memory of a few thousand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from app.exports.sheets import Column, Kind
from app.gateways.errors import error_words
from app.models import ERASED, Message, Route, Task
from app.records.asked import Asked
from app.records.history import STATUS_COUNTERS, tasks_with
from app.records.messages import STATUS_FILTERS

Rows = list[tuple[Any, ...]]

BATCH: Final = 2_000

COLUMNS: Final = (
    Column("number", Kind.NUMBER),
    Column("task"),
    Column("task_id"),
    Column("row", Kind.COUNT),
    Column("message"),
    Column("segments", Kind.COUNT),
    Column("route"),
    Column("sender_id"),
    Column("country"),
    Column("status"),
    Column("reason"),
    Column("credits", Kind.AMOUNT),
    Column("credits_are"),
    Column("queued", Kind.MOMENT),
    Column("sent", Kind.MOMENT),
    Column("answered", Kind.MOMENT),
    Column("final", Kind.MOMENT),
    Column("reference"),
    Column("gateway_reference"),
)

_OF_MESSAGE: Final = (
    Message.task_id,
    Message.row,
    Message.e164,
    Message.text,
    Message.segments,
    Message.region,
    Message.status,
    Message.error_code,
    Message.price,
    Message.money,
    Message.queued_at,
    Message.sent_at,
    Message.answered_at,
    Message.final_at,
    Message.reference,
    Message.gateway_id,
)
_OF_TASK: Final = (Task.id, Task.submitted_at, Task.public_id, Task.name, Task.content, Task.sender_id)


def how_many(session: Session, account_id: int, asked: Asked) -> int | None:
    """How many messages that is, by the tasks' counters; None for one number's, which only the messages know."""
    if asked.number:
        return None
    counter = STATUS_COUNTERS.get(asked.status or "", Task.total)
    return int(session.scalar(select(func.sum(counter)).where(*tasks_with(session, account_id, asked))) or 0)


def message_rows(session: Session, account_id: int, asked: Asked) -> Iterator[Rows]:
    """The messages in batches: newest task first, each task's in the order of their rows.

    Batches go on from the last task and row that were read, so that nothing comes twice, and no transaction stays
    open between them.
    """
    read = _Reader(session, account_id, asked)
    yield from read.to_one_number() if asked.number else read.by_tasks()


def rows_of_task(session: Session, task: Task) -> Rows:
    """Every message of one task, all at once: a task has some thousands. The transaction stays open."""
    maker = _RowMaker(session)
    messages = session.execute(
        select(*_OF_MESSAGE).where(Message.task_id == task.id).order_by(Message.row)
    ).all()
    return [maker.row(task, message) for message in messages]


class _RowMaker:
    """Makes a row of a task and a message, with names in place of ids and sentences in place of codes."""

    def __init__(self, session: Session) -> None:
        self.routes = {row.id: row.name for row in session.execute(select(Route.id, Route.name))}
        self.reasons: dict[str, str] = {}

    def row(self, task: Any, message: Sequence[Any]) -> tuple[Any, ...]:
        (_, row, e164, text, segments, region, status, code, price, money, *moments, reference, gateway) = (
            message
        )
        return (
            "" if e164.startswith(ERASED) else e164,
            task.name,
            task.public_id,
            row,
            text or task.content,
            segments,
            self.routes.get(task.route_id),
            task.sender_id,
            region,
            status,
            self._reason(code) if code else None,
            price,
            money,
            *moments,
            reference,
            gateway,
        )

    def _reason(self, code: str) -> str:
        return self.reasons.get(code) or self.reasons.setdefault(code, error_words(code))


class _Reader:
    def __init__(self, session: Session, account_id: int, asked: Asked) -> None:
        self.session = session
        self.conditions = tasks_with(session, account_id, asked)
        self.counter = STATUS_COUNTERS.get(asked.status or "", Task.total)
        self.to_number = [Message.account_id == account_id, Message.e164 == asked.number]
        statuses = STATUS_FILTERS.get(asked.status or "")
        self.of_status = [Message.status.in_(statuses)] if statuses else []
        self.row = _RowMaker(session).row

    def by_tasks(self) -> Iterator[Rows]:
        """Small tasks together, a large one in pieces."""
        together: list[Any] = []
        messages = 0
        for task in self._tasks():
            if task.messages >= BATCH:
                yield from self._of(together)
                together, messages = [], 0
                yield from self._pieces(task)
                continue
            if messages + task.messages > BATCH:
                yield from self._of(together)
                together, messages = [], 0
            together.append(task)
            messages += task.messages
        yield from self._of(together)

    def to_one_number(self) -> Iterator[Rows]:
        """At most one message in each task."""
        place: tuple[Any, int] | None = None
        while True:
            statement = (
                select(*_OF_TASK, Task.route_id, *_OF_MESSAGE)
                .join(Message.task)
                .where(*self.conditions, *self.to_number, *self.of_status, *_beyond(place))
            )
            found = self.session.execute(statement.order_by(*_ORDER).limit(BATCH)).all()
            self.session.rollback()
            yield [self.row(each, each[len(_OF_TASK) + 1 :]) for each in found]
            if len(found) < BATCH:
                return
            place = found[-1].submitted_at, found[-1].id

    def _tasks(self) -> Iterator[Any]:
        place: tuple[Any, int] | None = None
        while True:
            statement = select(*_OF_TASK, Task.route_id, self.counter.label("messages"))
            statement = statement.where(*self.conditions, *_beyond(place)).order_by(*_ORDER).limit(BATCH)
            found = self.session.execute(statement).all()
            self.session.rollback()
            yield from found
            if len(found) < BATCH:
                return
            place = found[-1].submitted_at, found[-1].id

    def _of(self, tasks: Sequence[Any]) -> Iterator[Rows]:
        if not tasks:
            return
        turn = {task.id: number for number, task in enumerate(tasks)}
        found = self.session.execute(
            select(*_OF_MESSAGE).where(Message.task_id.in_(turn), *self.of_status)
        ).all()
        self.session.rollback()
        ordered = sorted(found, key=lambda message: (turn[message[0]], message[1]))
        yield [self.row(tasks[turn[message[0]]], message) for message in ordered]

    def _pieces(self, task: Any) -> Iterator[Rows]:
        row = -1
        statement = select(*_OF_MESSAGE).where(Message.task_id == task.id, *self.of_status)
        while True:
            piece = statement.where(Message.row > row).order_by(Message.row).limit(BATCH)
            found = self.session.execute(piece).all()
            self.session.rollback()
            yield [self.row(task, message) for message in found]
            if len(found) < BATCH:
                return
            row = found[-1].row


_ORDER: Final[tuple[ColumnElement[Any], ...]] = (Task.submitted_at.desc(), Task.id.desc())


def _beyond(place: tuple[Any, int] | None) -> list[ColumnElement[bool]]:
    return [] if place is None else [tuple_(Task.submitted_at, Task.id) < place]
