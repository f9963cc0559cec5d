"""What staff see first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Account, Route, StaffAlert

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


def route_standing(route: Route, moment: datetime) -> str:
    """One word for how a route stands: open, breaker, paused or closed."""
    if not route.open:
        return "closed"
    if route.paused_reason:
        return "paused"
    if route.breaker_until is not None and route.breaker_until > moment:
        return "breaker"
    return "open"
