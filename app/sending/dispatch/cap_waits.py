"""Daily caps in words: why a task waits, and how many days a submission will take (see app.sending.dispatch.caps)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.clock import now
from app.gateways.base import Capabilities
from app.language import gettext as _
from app.language import thousands
from app.models import Account, RecipientPool, Route, Task, TaskState
from app.sending.dispatch.due import LONGEST_DAY


@dataclass(frozen=True, slots=True)
class CapWait:
    """Why nothing more goes out now, and when it goes on (UTC)."""

    words: str
    goes_on_at: datetime


@dataclass(frozen=True, slots=True)
class Forecast:
    """A submission that a cap makes take `days` days, today among them."""

    words: str
    days: int


def of_task(task: Task) -> CapWait | None:
    """Why a running task with messages left waits for another day; None when no cap is in its way."""
    if task.state != TaskState.RUNNING or not task.waiting:
        return None
    waits = [wait for wait in (of_account(task.account), of_route(task.route)) if wait is not None]
    return max(waits, key=lambda wait: wait.goes_on_at, default=None)


def of_account(account: Account) -> CapWait | None:
    """Why nothing of an account goes out any more today."""
    if not _is_full(account):
        return None
    assert account.daily_until is not None
    words = _(
        "This account sends at most %(cap)s messages a day, and today’s have gone out.", cap=_cap(account)
    )
    return CapWait(words, account.daily_until)


def of_route(route: Route) -> CapWait | None:
    """Why nothing goes out by a route any more for now."""
    moment, full_until = now(), route.recipients_full_until
    waits = []
    if _is_full(route):
        assert route.daily_until is not None
        words = _("%(route)s sends at most %(cap)s messages a day, and today’s have gone out.",
                  route=route.name, cap=_cap(route))  # fmt: skip
        waits.append(CapWait(words, route.daily_until))
    if full_until is not None and moment < full_until <= moment + LONGEST_DAY:
        words = _(
            "%(route)s may write to only so many different people in any 24 hours, and that many were written to. "
            "Others follow one by one as these 24 hours pass.",
            route=route.name,
        )
        waits.append(CapWait(words, full_until))
    return max(waits, key=lambda wait: wait.goes_on_at, default=None)


def forecast(
    session: Session, task: Task, capabilities: Capabilities | None, recipients: int
) -> Forecast | None:
    """What a cap will do to a task that is not submitted yet; None when it can all go out on one day.

    What waits in running tasks is counted as going first. The slowest cap decides.
    """
    account, route = task.account, task.route
    found = []
    if account.daily_cap is not None:
        words = _("Your account sends at most %(cap)s messages a day.", cap=_cap(account))
        left = _left(account) - _waiting(session, Task.account_id == account.id)
        found.append(_forecast(recipients, left, account.daily_cap, words))
    if route.daily_cap is not None:
        words = _("%(route)s sends at most %(cap)s messages a day.", route=route.name, cap=_cap(route))
        left = _left(route) - _waiting(session, Task.route_id == route.id)
        found.append(_forecast(recipients, left, route.daily_cap, words))
    if capabilities is not None and capabilities.recipients_per_day is not None:
        cap = capabilities.recipients_per_day
        words = _(
            "%(route)s may write to at most %(cap)s different people in any 24 hours.",
            route=route.name,
            cap=thousands(cap),
        )
        pool = session.get(RecipientPool, capabilities.recipients_pool or f"route:{route.id}")
        left = cap - (pool.used if pool is not None else 0) - _waiting(session, Task.route_id == route.id)
        found.append(_forecast(recipients, left, cap, words))
    return max((each for each in found if each is not None), key=lambda each: each.days, default=None)


def _forecast(recipients: int, left: int, cap: int, words: str) -> Forecast | None:
    """`left` is what may still go out today; less than nothing where others wait beyond that."""
    return None if recipients <= left else Forecast(words, 1 + ceil((recipients - left) / cap))


def _waiting(session: Session, *conditions: ColumnElement[bool]) -> int:
    sent = Task.accepted + Task.delivered + Task.failed + Task.in_doubt + Task.cancelled
    return int(
        session.scalar(
            select(func.coalesce(func.sum(Task.total - sent), 0)).where(
                Task.state == TaskState.RUNNING, *conditions
            )
        )
        or 0
    )


def used_today(owner: Account | Route) -> int:
    """How many messages count on the day that runs."""
    moment = now()
    runs = owner.daily_until is not None and moment < owner.daily_until <= moment + LONGEST_DAY
    return owner.daily_used if runs else 0


def _left(owner: Account | Route) -> int:
    return max((owner.daily_cap or 0) - used_today(owner), 0)


def _is_full(owner: Account | Route) -> bool:
    return (
        owner.daily_cap is not None and owner.daily_until is not None and used_today(owner) >= owner.daily_cap
    )


def _cap(owner: Account | Route) -> str:
    return thousands(owner.daily_cap or 0)
