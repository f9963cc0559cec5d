"""The fence: queued messages marked as being sent, in one statement, and read back as one document.

One document, because a row each costs the pump more than the database: every row fetched lets go of the interpreter
lock and waits for it again, while the wire wants it.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import JSON, Executable, Select, any_, bindparam, func, select, true, type_coerce, update
from sqlalchemy.orm import Session

from app.models import Message, MessageStatus
from app.models.base import UtcDateTime
from app.sending.dispatch.due import due, may_change_route
from app.sending.dispatch.prepared import Moment


class Fenced(NamedTuple):
    """A message that may leave once the transaction is committed."""

    id: int
    attempt: int
    route_id: int
    reference: str
    e164: str
    text: str | None
    parameters: list[str] | None
    may_have_left: bool


COLUMNS: Final = tuple(getattr(Message, name) for name in Fenced._fields)


def fence(
    session: Session,
    task: Any,
    route_id: int,
    size: int,
    moment: datetime,
    claim: str,
    claim_expires_at: datetime,
) -> list[Fenced]:
    """Mark up to `size` of the task's messages that are due as being sent by the route, in the order of their ids.

    `task` says with `is_own` whether it is the route's own, and with `canary_last_id` how far it may go.
    """
    has_canary = task.canary_last_id is not None
    which = {"of_task": task.id, "size": size}
    if has_canary:
        which["up_to"] = task.canary_last_id
    if not task.is_own:
        which["by_route"] = route_id
    dialect = session.get_bind().dialect.name
    marks = {"to_claim": claim, "to_expire": claim_expires_at}
    if (
        dialect == "sqlite"
    ):  # has no UPDATE inside a query; both see the same rows, since only one transaction writes
        read, mark, present = _on_sqlite(bool(task.is_own), has_canary)
        which |= present.given(moment)
        rows = session.scalar(read, which)
        session.execute(mark, which | marks, execution_options={"synchronize_session": False})
    else:
        both, present = _in_one(bool(task.is_own), has_canary)
        rows = session.scalar(both, which | marks | present.given(moment))
    return sorted(Fenced._make(row) for row in rows or ())


def _waiting(is_own: bool, has_canary: bool, present: Moment) -> Select[int]:
    """The ids of the messages that are next, locked."""
    return (
        select(Message.id)
        .where(
            Message.task_id == bindparam("of_task"),
            *due(present),
            Message.id <= bindparam("up_to") if has_canary else true(),
            true() if is_own else may_change_route(bindparam("by_route")),
        )
        .order_by(Message.id)
        .limit(bindparam("size"))
        .with_for_update(of=Message, skip_locked=True)
    )


def _marks() -> dict[str, Any]:
    return {
        "status": MessageStatus.SENDING,
        "attempt": Message.attempt + 1,
        "sent_at": Moment(),
        "not_before": None,
        "claim": bindparam("to_claim"),
        "claim_expires_at": bindparam("to_expire", type_=UtcDateTime()),
    }


@cache
def _in_one(is_own: bool, has_canary: bool) -> tuple[Executable, Moment]:
    present = Moment()
    waiting = _waiting(is_own, has_canary, present).cte("waiting")
    # As a list, which is looked up by the key: joined, a planner would rather read a table that is not too large.
    ids = func.array(select(waiting.c.id).scalar_subquery())
    fenced = update(Message).where(Message.id == any_(ids)).values(_marks()).returning(*COLUMNS).cte("fenced")
    document = select(type_coerce(func.json_agg(func.json_build_array(*fenced.c)), JSON))
    return document.select_from(fenced), present


@cache
def _on_sqlite(is_own: bool, has_canary: bool) -> tuple[Executable, Executable, Moment]:
    present = Moment()
    will_be = {"attempt": Message.attempt + 1, "parameters": func.json(Message.parameters)}
    columns = [will_be.get(column.key, column) for column in COLUMNS]
    is_next = Message.id.in_(_waiting(is_own, has_canary, present))
    document = select(type_coerce(func.json_group_array(func.json_array(*columns)), JSON))
    return document.where(is_next), update(Message).where(is_next).values(_marks()), present
