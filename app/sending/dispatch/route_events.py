"""What befell a route, kept as it happens: its breaker opened or closed, staff paused it or sent on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.orm import Session

from app.models import RouteEvent, RouteEventKind

log = structlog.get_logger()


def note(
    session: Session,
    route_id: int,
    kind: RouteEventKind,
    *,
    code: str | None = None,
    reason: str | None = None,
    until: datetime | None = None,
) -> None:
    """Keep one event. `reason` is in staff's words, `code` one of the gateway's."""
    session.add(RouteEvent(route_id=route_id, kind=kind, code=code, reason=reason, until=until))
    told: dict[str, Any] = {"route": route_id, "code": code, "until": until.isoformat() if until else None}
    log.warning(
        "route_event", kind=str(kind), **{name: value for name, value in told.items() if value is not None}
    )
