"""The allowed moves of a task, and the one way to make one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import InvalidMove
from app.language import gettext
from app.models import MessageStatus, Task, TaskState

_S = TaskState

TASK_MOVES: Final[dict[TaskState, frozenset[TaskState]]] = {
    _S.DRAFT: frozenset({_S.CHECKING, _S.DISCARDED}),
    _S.CHECKING: frozenset({_S.CHECKING, _S.READY, _S.REJECTED, _S.DISCARDED}),
    _S.READY: frozenset({_S.CHECKING, _S.DISCARDED, _S.HELD, _S.SCHEDULED, _S.RUNNING}),
    _S.HELD: frozenset({_S.SCHEDULED, _S.RUNNING, _S.PAUSED, _S.CANCELLED}),
    _S.REJECTED: frozenset({_S.CHECKING, _S.DISCARDED}),
    _S.DISCARDED: frozenset({_S.CHECKING}),  # a better file saves a draft; nothing was held
    # Held, when a rule that came since its submission is against it.
    _S.SCHEDULED: frozenset({_S.HELD, _S.RUNNING, _S.PAUSED, _S.CANCELLED}),
    _S.RUNNING: frozenset({_S.PAUSED, _S.DONE, _S.CANCELLED}),
    # Done, when what was on the wire was the last of it; paused, when staff take a client's pause over; held, as above.
    _S.PAUSED: frozenset({_S.HELD, _S.RUNNING, _S.PAUSED, _S.DONE, _S.CANCELLED}),
    _S.DONE: frozenset({_S.RUNNING}),  # a message that was in doubt turned out not to have left
    _S.CANCELLED: frozenset(),
}

# Before submission nothing is held and everything may still change.
DRAFT_STATES: Final = frozenset({_S.DRAFT, _S.CHECKING, _S.READY, _S.REJECTED, _S.DISCARDED})

_M = MessageStatus

MESSAGE_MOVES: Final[dict[MessageStatus, frozenset[MessageStatus]]] = {
    # In doubt, delivered or failed, where an earlier try may have brought it to the carrier.
    _M.QUEUED: frozenset({_M.SENDING, _M.CANCELLED, _M.IN_DOUBT, _M.DELIVERED, _M.FAILED}),
    # Back to the queue, or cancelled where its task was meanwhile: it surely did not leave.
    _M.SENDING: frozenset({_M.ACCEPTED, _M.FAILED, _M.QUEUED, _M.CANCELLED, _M.IN_DOUBT}),
    _M.IN_DOUBT: frozenset({_M.ACCEPTED, _M.DELIVERED, _M.FAILED, _M.QUEUED, _M.CANCELLED}),
    _M.ACCEPTED: frozenset({_M.DELIVERED, _M.FAILED}),
    _M.DELIVERED: frozenset(),
    _M.FAILED: frozenset(),
    _M.CANCELLED: frozenset(),
}


def move_task(
    session: Session, task_id: int, sources: Iterable[TaskState], target: TaskState, **values: Any
) -> None:
    """Move a task to `target` if it stands in one of `sources`, setting `values` with it, in one statement.

    Raises InvalidMove when the table forbids the move or the task stands elsewhere by now.
    """
    sources = frozenset(sources)
    for source in sources:
        if target not in TASK_MOVES[source]:
            raise InvalidMove(
                gettext("A %(source)s task cannot become %(target)s.", source=source, target=target)
            )
    values.setdefault("state_reason", None)
    result = session.execute(
        update(Task)
        .where(Task.id == task_id, Task.state.in_(sources))
        .values(state=target, changed_at=now(), **values)
        .execution_options(synchronize_session="fetch")
    )
    assert isinstance(result, CursorResult)
    if result.rowcount != 1:
        raise InvalidMove(
            gettext("This task has moved on in the meantime. Reload the page to see where it stands.")
        )
