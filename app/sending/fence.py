"""The fence: queued messages marked as being sent, in one statement, and read back as one document.

One document, because a row each costs the pump more than the database: every row fetched lets go of the interpreter
lock and waits for it again, while the wire wants it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import JSON, ColumnElement, Select, func, select, type_coerce, update
from sqlalchemy.orm import Session

from app.models import Message


class Fenced(NamedTuple):
    """A message that may leave once the transaction is committed."""

    id: int
    attempt: int
    route_id: int
    reference: str
    e164: str
    text: str | None
    parameters: list[str] | None


_COLUMNS: Final = tuple(getattr(Message, name) for name in Fenced._fields)


def fence(session: Session, waiting: Select[tuple[int]], values: Mapping[str, Any]) -> list[Fenced]:
    """Set the values on the messages whose ids `waiting` selects and locks; as they are then, in the order of ids."""
    if session.get_bind().dialect.name == "sqlite":
        rows = _on_sqlite(session, waiting, values)
    else:
        due = waiting.cte("due")
        fenced = (
            update(Message).where(Message.id == due.c.id).values(values).returning(*_COLUMNS).cte("fenced")
        )
        document = func.json_agg(func.json_build_array(*fenced.c))
        rows = session.scalar(select(_parsed(document)).select_from(fenced))
    return sorted(Fenced._make(row) for row in rows or ())


def _on_sqlite(session: Session, waiting: Select[tuple[int]], values: Mapping[str, Any]) -> Any:
    """It has no UPDATE inside a query. Both statements see the same rows, since only one transaction writes."""
    as_set = {"attempt": Message.attempt + 1, "parameters": func.json(Message.parameters)}
    columns = [as_set.get(column.key, column) for column in _COLUMNS]
    document = func.json_group_array(func.json_array(*columns))
    rows = session.scalar(select(_parsed(document)).where(Message.id.in_(waiting)))
    session.execute(
        update(Message)
        .where(Message.id.in_(waiting))
        .values(values)
        .execution_options(synchronize_session=False)
    )
    return rows


def _parsed(document: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(document, JSON)
