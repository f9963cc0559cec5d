"""What the gateway answered becomes status, money and the route's health, in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import CursorResult, or_, update
from sqlalchemy.orm import Session

from app.clock import now
from app.gateways.base import Accepted, Capabilities, Deferred, InDoubt, Outcome, Refused
from app.language import gettext
from app.models import Account, MessageStatus, Route, RouteEventKind, Task, TaskState
from app.sending import carriers
from app.sending.alerts import clear_alert, raise_alert
from app.sending.dispatch import caps, gateway_log, route_events
from app.sending.dispatch.acceptance import accept
from app.sending.dispatch.claims import Claimed
from app.sending.dispatch.retries import counted, gap_after, is_last_try
from app.sending.lookup import lock_tasks
from app.sending.settlement import (
    Change,
    LockedMessage,
    apply_changes,
    change_of,
    finish_if_over,
    locked_messages,
)
from app.sending.states import move_task

_M = MessageStatus


# How long a route rests after its breaker trips: 10, 20, 40 … seconds, at most five minutes.
_FIRST_REST: Final = timedelta(seconds=10)
_LONGEST_REST: Final = timedelta(minutes=5)

# What the pump itself answers for a message that was fenced and then did not leave.
NOT_SENT: Final = Deferred("not_sent", 0.0)


def record(session: Session, results: Sequence[tuple[Claimed, Outcome]], capabilities: Capabilities) -> int:
    """Write the outcomes of a batch. Returns how many were still ours to write.

    An outcome counts only where the message still carries the claim and the attempt that it belongs to; one that
    was swept into doubt while the gateway took its time is still taken.
    """
    by_task: dict[int, dict[int, tuple[Claimed, Outcome]]] = defaultdict(dict)
    for claimed, outcome in results:
        by_task[claimed.task_id][claimed.message_id] = (claimed, outcome)
    written = 0
    unsent: dict[int, list[int]] = defaultdict(list)
    tries: list[gateway_log.Tried] = []
    for task in lock_tasks(session, by_task):
        answers = by_task[task.id]
        gateway_log.tell(task.id, answers.values())
        accepted = [(claimed, answer) for claimed, answer in answers.values() if isinstance(answer, Accepted)]
        taken = accept(session, task, accepted) if accepted else 0
        if taken == len(accepted):
            answers = {key: each for key, each in answers.items() if not isinstance(each[1], Accepted)}
        written += taken
        changes = []
        for message in locked_messages(session, answers) if answers else ():
            claimed, outcome = answers[message.id]
            if _still_ours(message, claimed):
                change = _change(task, message, outcome, capabilities)
                if change is not None:
                    changes.append(change)
                    tries.append((message, claimed, outcome))
        if task.state == TaskState.DONE and any(change.becomes is _M.QUEUED for change in changes):
            move_task(session, task.id, {TaskState.DONE}, TaskState.RUNNING, finished_at=None)
        put_off = [each for each in changes if isinstance(answers[each.message_id][1], Deferred)]
        caps.give_back(session, Account, task.account_id, [each.message_id for each in put_off])
        for each in put_off:
            unsent[each.route_id].append(each.message_id)
        apply_changes(session, task, changes)
        finish_if_over(session, task)
        written += len(changes)
    for route_id in sorted(unsent):
        caps.give_back(session, Route, route_id, unsent[route_id])
    gateway_log.keep(session, tries)
    return written


def trip_breaker(session: Session, route_id: int, code: str) -> datetime:
    """Rest a route whose gateway failed in a row; the gaps grow. Returns when it is tried again."""
    route = session.get_one(Route, route_id, with_for_update={"of": Route}, populate_existing=True)
    rest = min(_FIRST_REST * 2 ** min(route.breaker_failures, 10), _LONGEST_REST)
    route.breaker_failures += 1
    route.breaker_until = now() + rest
    raise_alert(
        session,
        f"route:{route_id}:breaker",
        gettext(
            "Route “%(name)s” rests: its gateway failed in a row (%(code)s). It is tried again by itself.",
            name=route.name,
            code=code,
        ),
        route_id=route_id,
    )
    route_events.note(session, route_id, RouteEventKind.RESTED, code=code, until=route.breaker_until)
    session.flush()
    return route.breaker_until


def reset_breaker(session: Session, route_id: int) -> None:
    """The gateway answers again."""
    rested = session.execute(
        update(Route)
        .where(Route.id == route_id, or_(Route.breaker_failures > 0, Route.breaker_until.is_not(None)))
        .values(breaker_failures=0, breaker_until=None)
    )
    assert isinstance(rested, CursorResult)
    if rested.rowcount:
        route_events.note(session, route_id, RouteEventKind.RECOVERED)
    clear_alert(session, f"route:{route_id}:breaker")


def _still_ours(message: LockedMessage, claimed: Claimed) -> bool:
    return (
        message.claim in (claimed.claim, None)  # none where it was called off after this try left it in doubt
        and message.attempt == claimed.attempt
        and message.status in (_M.SENDING, _M.IN_DOUBT)
    )


def _change(
    task: Task, message: LockedMessage, outcome: Outcome, capabilities: Capabilities
) -> Change | None:
    tries = counted(message.attempt, message.own_failures)
    match outcome:
        case Accepted(gateway_id):
            return change_of(message, _M.ACCEPTED, gateway_id=gateway_id, answered=True)
        case Refused(code):
            return change_of(message, _M.FAILED, error_code=code, answered=True)
        case Deferred(code) if task.state == TaskState.CANCELLED:
            return (
                _doubt(message, code)
                if message.may_have_left
                else change_of(message, _M.CANCELLED, error_code=code)
            )
        case Deferred(code) if message.may_have_left and not carriers.knows(task, message.sent_at):
            return _doubt(message, code)  # whoever would be tried next has never heard of it
        case Deferred(code) if outcome is NOT_SENT:
            return replace(_put_off(message, code, timedelta()), our_failure=True)
        case Deferred(code) if is_last_try(code, tries, task.route.retry_attempts):
            if message.may_have_left:  # that it was not taken now does not say that it never was
                return _doubt(message, code)
            return change_of(message, _M.FAILED, error_code=code, answered=True)
        case Deferred(code, retry_after):
            return _put_off(message, code, gap_after(code, tries, retry_after))
        case InDoubt(code) if _may_be_resent(task, message, capabilities):
            return replace(_put_off(message, code, gap_after(code, tries, None)), may_have_left=True)
        case InDoubt(code):
            return _doubt(message, code)


def _may_be_resent(task: Task, message: LockedMessage, capabilities: Capabilities) -> bool:
    """Whether a message in doubt may go out again: only where the gateway knows it by our reference."""
    return (
        capabilities.dedupes_reference
        and message.route_id == task.route_id  # another route's gateway does not know it
        and task.state != TaskState.CANCELLED
        and counted(message.attempt, message.own_failures) < task.route.retry_attempts
        and carriers.knows(task, message.sent_at)
    )


def _doubt(message: LockedMessage, code: str) -> Change | None:
    """In doubt from now on; no change where it was swept there already."""
    return None if message.status == _M.IN_DOUBT else change_of(message, _M.IN_DOUBT, error_code=code)


def _put_off(message: LockedMessage, code: str, wait: timedelta) -> Change:
    """Back to the queue until later; surely not sent, or sent again without harm."""
    return change_of(message, _M.QUEUED, error_code=code, not_before=now() + wait)
