"""Every message of an account, newest tasks first, whatever is asked for.

A task's counters tell how many of its messages have a status, so the list finds the few tasks that a page needs and
reads only those messages: no index over millions of messages for each filter, and no page slower than the first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, literal_column, select, tuple_
from sqlalchemy.orm import Session, joinedload, load_only

from app.models import Message, Route, Task
from app.records.asked import Asked, named_conditions, within
from app.records.messages import STATUS_FILTERS
from app.records.pages import PAGE_SIZE, Page


@dataclass(frozen=True, slots=True)
class Place:
    """A message's place in the list: its task, as far as the order needs it, and its row."""

    task_id: int
    submitted_at: Any
    row: int


# How many messages of a task have the status that is asked for.
STATUS_COUNTERS: Mapping[str, Any] = MappingProxyType(
    {
        "accepted": Task.accepted,
        "delivered": Task.delivered,
        "failed": Task.failed,
        "in_doubt": Task.in_doubt,
        "cancelled": Task.cancelled,
        "waiting": Task.total
        - (Task.accepted + Task.delivered + Task.failed + Task.in_doubt + Task.cancelled),
    }
)
_NOUGHT: ColumnElement[int] = literal_column("0")  # written out, so that the indexes of such tasks serve
_MOST_TO_ONE_NUMBER: Final = 10_000  # the newest of an account
_TASK = load_only(
    Task.id,
    Task.public_id,
    Task.route_id,
    Task.name,
    Task.sender_id,
    Task.content,
    Task.submitted_at,
    Task.erased_at,
)
_ROUTE = joinedload(Task.route).load_only(
    Route.name
)  # a route has dozens of columns, and a row shows its name


def tidy_number(written: str | None) -> str | None:
    """A number as somebody types it into a search, as it is stored; None for none."""
    digits = re.sub(r"\D", "", written or "")[:15]
    return f"+{digits}" if digits else None


def place_of(session: Session, account_id: int, written: str | None) -> Place | None:
    """The place that an address names ("task.row"); None for none, and for one of another account."""
    public_id, _, row = (written or "").rpartition(".")
    if not (public_id.isprintable() and row.isdecimal() and len(row) < 10):
        return None
    task = session.execute(
        select(Task.id, Task.submitted_at).where(
            Task.account_id == account_id, Task.public_id == public_id, Task.submitted_at.is_not(None)
        )
    ).one_or_none()
    return None if task is None else Place(task.id, task.submitted_at, int(row))


def message_history(
    session: Session,
    account_id: int,
    asked: Asked,
    *,
    before: Place | None = None,
    after: Place | None = None,
    size: int = PAGE_SIZE,
) -> Page[Message]:
    """A page of the account's messages: those that follow `before`, or lead up to `after`; for neither, the first.

    Tasks come newest first, or oldest first where that is asked for; the messages of each in the order of their rows.
    """
    backwards = after is not None and before is None
    place = after if backwards else before
    search = _Search(session, account_id, asked, backwards)
    found = search.numbered(place, size + 1) if asked.number else search.gathered(place, size + 1)
    more, rows = len(found) > size, found[:size]
    if backwards:
        return Page(rows[::-1], has_previous=more, has_next=True)
    return Page(rows, has_previous=place is not None, has_next=more)


def message_of(session: Session, account_id: int, public_id: str, row: int) -> Message | None:
    """The account's message in that row of that task."""
    return session.scalar(
        select(Message)
        .join(Message.task)
        .options(joinedload(Message.task))
        .where(Task.account_id == account_id, Task.public_id == public_id, Message.row == row)
    )


def tasks_with(session: Session, account_id: int, asked: Asked) -> list[ColumnElement[bool]]:
    """The account's submitted tasks that have any such message; the number that is asked for plays no part."""
    conditions: list[ColumnElement[bool]] = [
        Task.account_id == account_id,
        Task.submitted_at.is_not(None),
        *within(Task.submitted_at, asked.period),
        *named_conditions(session, account_id, asked),
    ]
    if (counter := STATUS_COUNTERS.get(asked.status or "")) is not None:
        conditions.append(counter > _NOUGHT)
    return conditions


class _Search:
    """One reading of the list, in its order or against it."""

    def __init__(self, session: Session, account_id: int, asked: Asked, backwards: bool) -> None:
        self.session = session
        self.account_id = account_id
        self.asked = asked
        self.backwards = backwards
        self.rising = backwards != asked.oldest_first  # the tasks' times
        self.conditions = tasks_with(session, account_id, asked)
        statuses = STATUS_FILTERS.get(asked.status or "")
        self.of_status = [Message.status.in_(statuses)] if statuses else []

    def gathered(self, place: Place | None, wanted: int) -> list[Message]:
        """The next messages: the rest of the place's task, then whole tasks, then a part of the last."""
        found = self._rest(place, wanted) if place is not None else []
        whole: list[int] = []
        room = wanted - len(found)
        for task_id, messages in self._tasks(place, room) if room else []:
            if messages >= room:
                return [*found, *self._of(whole), *self._part(task_id, room)]
            whole.append(task_id)
            room -= messages
        return [*found, *self._of(whole)]

    def numbered(self, place: Place | None, wanted: int) -> list[Message]:
        """The next messages to the number that is asked for: at most one in each task.

        They are found by the number first, in a piece that no planner takes apart: without figures of the tables,
        SQLite would look for it in every task of the account.
        """
        found = (
            select(Message.id, Message.task_id)
            .where(Message.account_id == self.account_id, Message.e164 == self.asked.number)
            .order_by(Message.id.desc())
            .limit(_MOST_TO_ONE_NUMBER)
            .cte("found")
        )
        statement = (
            self._messages()
            .join(Message.task)
            .where(
                Message.id.in_(select(found.c.id)),
                Task.id.in_(select(found.c.task_id)),
                *self.conditions,
                *self.of_status,
                *self._beyond(place),
            )
            .order_by(*self._order())
        )
        return list(self.session.scalars(statement.limit(wanted)))

    def _tasks(self, place: Place | None, wanted: int) -> Sequence[Any]:
        """The next tasks that have such messages, each with how many; every one has at least one."""
        counter = STATUS_COUNTERS.get(self.asked.status or "", Task.total)
        return self.session.execute(
            select(Task.id, counter)
            .where(*self.conditions, *self._beyond(place))
            .order_by(*self._order())
            .limit(wanted)
        ).all()

    def _rest(self, place: Place, wanted: int) -> list[Message]:
        row = Message.row < place.row if self.backwards else Message.row > place.row
        return self._part(place.task_id, wanted, row)

    def _part(self, task_id: int, wanted: int, *where: ColumnElement[bool]) -> list[Message]:
        order = Message.row.desc() if self.backwards else Message.row.asc()
        statement = self._messages().where(Message.task_id == task_id, *where, *self.of_status)
        return list(self.session.scalars(statement.order_by(order).limit(wanted)))

    def _of(self, task_ids: list[int]) -> list[Message]:
        if not task_ids:
            return []
        messages = self.session.scalars(
            self._messages().where(Message.task_id.in_(task_ids), *self.of_status)
        )
        turn = {task_id: number for number, task_id in enumerate(task_ids)}
        sign = -1 if self.backwards else 1
        return sorted(messages, key=lambda message: (turn[message.task_id], sign * message.row))

    def _messages(self) -> Select[Any]:
        return select(Message).options(joinedload(Message.task).options(_TASK, _ROUTE))

    def _beyond(self, place: Place | None) -> list[ColumnElement[bool]]:
        if place is None:
            return []
        here = tuple_(Task.submitted_at, Task.id)
        there = (place.submitted_at, place.task_id)
        return [here > there if self.rising else here < there]

    def _order(self) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        if self.rising:
            return Task.submitted_at.asc(), Task.id.asc()
        return Task.submitted_at.desc(), Task.id.desc()
