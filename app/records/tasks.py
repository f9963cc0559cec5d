"""An account's tasks, as lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Select, exists, select, union_all
from sqlalchemy.orm import Session, joinedload, load_only

from app.models import Rollup, Route, Task, TaskState
from app.records.asked import Asked, named_conditions, within
from app.records.pages import Page, page_by_keys

_S = TaskState

# What a person may ask the list for, by the word in the address.
STATE_FILTERS: Mapping[str, tuple[TaskState, ...]] = MappingProxyType(
    {
        "drafts": (_S.DRAFT, _S.CHECKING, _S.READY, _S.REJECTED, _S.DISCARDED),
        "held": (_S.HELD,),
        "scheduled": (_S.SCHEDULED,),
        "running": (_S.RUNNING, _S.PAUSED),
        "done": (_S.DONE,),
        "cancelled": (_S.CANCELLED,),
    }
)

# The same for what has been submitted.
SUBMITTED_FILTERS: Mapping[str, tuple[TaskState, ...]] = MappingProxyType(
    {word: states for word, states in STATE_FILTERS.items() if word != "drafts"}
)

_LIVE_STATES = (_S.RUNNING, _S.PAUSED, _S.HELD, _S.SCHEDULED)
_LIVE_SHOWN = 20

# A list needs neither the texts nor the reports, which may be long.
_COLUMNS = load_only(
    Task.id,
    Task.public_id,
    Task.route_id,
    Task.kind,
    Task.state,
    Task.name,
    Task.price,
    Task.total,
    Task.accepted,
    Task.delivered,
    Task.failed,
    Task.in_doubt,
    Task.cancelled,
    Task.created_at,
    Task.scheduled_at,
    Task.submitted_at,
    Task.finished_at,
)

_ROUTE = joinedload(Task.route).load_only(Route.name, Route.gives_reports)

_BEGINNING: Final = (datetime(2000, 1, 1, tzinfo=UTC), 0)  # a place before every task

# A badge of its own, for a task that is done while its messages still wait for receipts.
SETTLING = "settling"


def tasks_asked(
    session: Session,
    account_id: int,
    *,
    state_filter: str | None = None,
    submitted: bool = False,
    asked: Asked | None = None,
) -> Select[Task]:
    """The account's tasks that a list is asked for, in no order; see `task_page`."""
    statement = _tasks_of(account_id)
    if submitted:
        statement = statement.where(Task.submitted_at.is_not(None))
    if asked is not None:
        statement = statement.where(
            *named_conditions(session, account_id, asked), *within(Task.created_at, asked.period)
        )
    if states := STATE_FILTERS.get(state_filter or ""):
        statement = statement.where(Task.state.in_(states))
    return statement


def task_page(
    session: Session,
    account_id: int,
    *,
    state_filter: str | None = None,
    submitted: bool = False,
    asked: Asked | None = None,
    before: str | None = None,
    after: str | None = None,
) -> Page[Task]:
    """A page of the account's tasks, newest first; `before` and `after` are public ids of its tasks.

    A public id that is not the account's is passed over, and so is an unknown filter. The days that are asked for are
    those on which tasks were begun; oldest first where that is asked for. Several states are read one by one, each by
    an index in the list's own order.
    """
    statement = tasks_asked(session, account_id, submitted=submitted, asked=asked)
    states = STATE_FILTERS.get(state_filter or "")
    pieces = [statement.where(Task.state == state) for state in states] if states else [statement]
    follows, leads = (_place_of(session, account_id, public_id) for public_id in (before, after))
    if asked is not None and asked.oldest_first:
        # The same list read from its end, where what follows leads up to, and the other way round.
        leads_up_to = (follows or _BEGINNING) if leads is None else None
        found = _tasks_by_time(session, pieces, before=leads, after=leads_up_to)
        return Page(found.rows[::-1], bool(follows or leads) and found.has_next, found.has_previous)
    return _tasks_by_time(session, pieces, before=follows, after=leads)


def _tasks_by_time(
    session: Session,
    pieces: Sequence[Select[Task]],
    *,
    before: Sequence[Any] | None,
    after: Sequence[Any] | None,
) -> Page[Task]:
    return page_by_keys(
        session,
        pieces,
        (Task.created_at, Task.id),
        lambda task: (task.created_at, task.id),
        before=before,
        after=after,
    )


def live_tasks(session: Session, account_id: int) -> Sequence[Task]:
    """What runs, rests or waits for its time: the running first, then by the time they start.

    Each state is asked for by itself: of many thousand tasks few are live, and no index knows them in one piece.
    """
    newest = Task.created_at.desc(), Task.id.desc()
    of_states = [
        select(Task.id)
        .where(Task.account_id == account_id, Task.state == state)
        .order_by(*newest)
        .limit(_LIVE_SHOWN)
        for state in _LIVE_STATES
    ]
    live = union_all(*(select(each.subquery().c.id) for each in of_states))
    tasks = session.scalars(
        _tasks_of(account_id).where(Task.id.in_(live)).order_by(*newest).limit(_LIVE_SHOWN)
    ).all()
    return sorted(
        tasks,
        key=lambda task: (_LIVE_STATES.index(TaskState(task.state)), task.scheduled_at or task.created_at),
    )


def latest_tasks(session: Session, account_id: int, limit: int) -> Sequence[Task]:
    """The account's newest tasks, whatever their state."""
    return session.scalars(_tasks_of(account_id).order_by(Task.id.desc()).limit(limit)).all()


def submitted_tasks(session: Session, account_id: int, limit: int) -> Sequence[Task]:
    """The account's newest tasks that were submitted, whatever became of them."""
    submitted = _tasks_of(account_id).where(Task.submitted_at.is_not(None))
    return session.scalars(submitted.order_by(Task.id.desc()).limit(limit)).all()


def standing(task: Task, moment: datetime, receipts_within: timedelta) -> str:
    """The task's state; SETTLING for one that is sent and may still hear of its messages.

    A receipt is expected of each message that was accepted or is in doubt, where the route gives any, and for as
    long as `receipts_within`: phones that stay off never send one.
    """
    expecting = task.accepted if task.route.gives_reports else 0
    lately = task.finished_at is not None and moment - task.finished_at < receipts_within
    if task.state == TaskState.DONE and lately and (expecting or task.in_doubt):
        return SETTLING
    return task.state


def routes_used(session: Session, account_id: int) -> Sequence[Route]:
    """The routes that the account has ever sent by, by name."""
    used = exists().where(Rollup.account_id == account_id, Rollup.route_id == Route.id)
    return session.scalars(
        select(Route).where(used).options(load_only(Route.public_id, Route.name)).order_by(Route.name)
    ).all()


def _tasks_of(account_id: int) -> Select[Task]:
    return select(Task).where(Task.account_id == account_id).options(_COLUMNS, _ROUTE)


def _place_of(session: Session, account_id: int, public_id: str | None) -> tuple[datetime, int] | None:
    if not public_id:
        return None
    found = session.execute(
        select(Task.created_at, Task.id).where(Task.account_id == account_id, Task.public_id == public_id)
    ).one_or_none()
    return None if found is None else (found.created_at, found.id)
