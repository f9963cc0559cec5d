"""What staff see first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Account, Route, StaffAlert, Task
from app.sending.dispatch.due import rests

_SHOWN = 100
_NEWEST = 10


def accounts(session: Session) -> Sequence[Account]:
    """The newest accounts."""
    return session.scalars(select(Account).order_by(Account.id.desc()).limit(_NEWEST)).all()


def routes(session: Session) -> Sequence[Route]:
    """Every route, by name."""
    return session.scalars(select(Route).order_by(Route.name)).all()


def alerts(session: Session) -> Sequence[StaffAlert]:
    """The open alerts, oldest first: what has waited longest comes first."""
    return session.scalars(select(StaffAlert).order_by(StaffAlert.id).limit(_SHOWN)).all()


def tasks_named(session: Session, alerts: Sequence[StaffAlert]) -> dict[int, str]:
    """The public ids of the tasks that alerts tell of, by the alert's id; most alerts tell of none."""
    task_ids = {alert.id: int(alert.key.removeprefix("content:")) for alert in alerts if _names_task(alert)}
    rows = session.execute(select(Task.id, Task.public_id).where(Task.id.in_(task_ids.values())))
    public_ids = {row.id: row.public_id for row in rows}
    return {alert_id: public_ids[task] for alert_id, task in task_ids.items() if task in public_ids}


def _names_task(alert: StaffAlert) -> bool:
    """A task that went out with something in it, see `app.sending.holding`."""
    kind, _, task_id = alert.key.partition(":")
    return kind == "content" and task_id.isdecimal()


def route_standing(route: Route, moment: datetime) -> str:
    """One word for how a route stands: open, breaker, paused or closed."""
    if not route.open:
        return "closed"
    if route.paused_reason:
        return "paused"
    if rests(route, moment):
        return "breaker"
    return "open"
