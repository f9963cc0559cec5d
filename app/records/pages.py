"""Pages by key: as quick on the last page of ten million rows as on the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.models.base import LARGEST_KEY

PAGE_SIZE = 50

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, in the list's order, and whether there are more on either side of them."""

    rows: Sequence[Row]
    has_previous: bool
    has_next: bool


def page_by_key(
    session: Session,
    statement: Select[Row],
    key: InstrumentedAttribute[Any],
    *,
    before: int | None = None,
    after: int | None = None,
    descending: bool = True,
    size: int = PAGE_SIZE,
) -> Page[Row]:
    """The rows whose `key` lies next below `before`, or next above `after`; for neither, the list's first.

    `key` is unique within the statement's rows and has an index that serves its order.
    """
    if after is not None:
        statement = statement.where(key > _within(after))
    elif before is not None:
        statement = statement.where(key < _within(before))
    downwards = descending if before is None and after is None else after is None
    order = key.desc() if downwards else key.asc()
    found = list(session.scalars(statement.order_by(order).limit(size + 1)))
    more, rows = len(found) > size, found[:size]
    came_from_elsewhere = before is not None or after is not None
    if downwards == descending:
        return Page(rows, has_previous=came_from_elsewhere, has_next=more)
    return Page(rows[::-1], has_previous=more, has_next=came_from_elsewhere)


def page_by_keys(
    session: Session,
    pieces: Sequence[Select[Row]],
    keys: Sequence[InstrumentedAttribute[Any]],
    key_of: Callable[[Row], Any],
    *,
    before: Sequence[Any] | None = None,
    after: Sequence[Any] | None = None,
    size: int = PAGE_SIZE,
) -> Page[Row]:
    """The rows of all pieces, the highest `keys` first, that follow `before` or lead up to `after`.

    No row is in two pieces, and each has an index that serves its conditions and then the keys' order: it is read no
    further than the page needs. `key_of` tells a row's keys. The last key is unique.
    """
    upwards = after is not None and before is None
    place = after if upwards else before
    order = [key.asc() if upwards else key.desc() for key in keys]
    found: list[Row] = []
    for statement in pieces:
        if place is not None:
            here, there = tuple_(*keys), tuple_(*place)
            statement = statement.where(here > there if upwards else here < there)
        found += session.scalars(statement.order_by(*order).limit(size + 1)).all()
    found.sort(key=key_of, reverse=not upwards)
    more, rows = len(found) > size, found[:size]
    if upwards:
        return Page(rows[::-1], has_previous=more, has_next=True)
    return Page(rows, has_previous=place is not None, has_next=more)


def _within(asked: int) -> int:
    """What an address asks for, as a number that the database can compare."""
    return max(-LARGEST_KEY, min(asked, LARGEST_KEY))
