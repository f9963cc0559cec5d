"""What passed between us and a gateway for one message, as staff read it: every try, what was asked and answered.

Only what went otherwise than accepted is stored (`app.sending.dispatch.gateway_log`); an accepted try is told by the
message, and what was sent is made anew from the message and its route's settings as they are now, without secrets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.gateways.base import SettingsRefused, ShowsRequests
from app.gateways.redaction import ShownRequest
from app.models import GatewayTry, Message, MessageStatus, Route
from app.sending.dispatch.filling import outgoing, template_of
from app.sending.gateways import gateway_for
from config import Settings

_M = MessageStatus
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Exchange:
    """One try: `outcome` is accepted, refused, deferred, in_doubt or sending; `said` the gateway's own words."""

    attempt: int
    route: str
    gateway: str
    sent_at: datetime | None
    answered_at: datetime | None
    outcome: str
    code: str | None = None
    said: str | None = None
    gateway_id: str | None = None


@dataclass(frozen=True, slots=True)
class GatewayLog:
    """A message's tries, the first one first; how many more were put off and are not kept; what was sent.

    `request` is None where the route's settings do not work now, or its gateway has nothing to show.
    """

    exchanges: Sequence[Exchange]
    unkept: int
    request: ShownRequest | None


def log_of(session: Session, message: Message, settings: Settings) -> GatewayLog:
    """The message's log; empty before it first left."""
    stored = session.execute(
        select(GatewayTry, Route.name)
        .join(Route, Route.id == GatewayTry.route_id)
        .where(GatewayTry.message_id == message.id)
        .order_by(GatewayTry.id.desc())
        .limit(_SHOWN)
    ).all()
    exchanges = [_stored(row[0], row[1]) for row in reversed(stored)]
    route = session.get_one(Route, message.route_id)
    last = _last(message, route)
    if last is not None and all(each.attempt != message.attempt for each in exchanges):
        exchanges.append(last)
    tried = message.attempt if message.sent_at is not None else 0
    unkept = max(0, tried - len({each.attempt for each in exchanges}))
    return GatewayLog(exchanges, unkept, _request(session, message, route, settings) if tried else None)


def _stored(kept: GatewayTry, route: str) -> Exchange:
    return Exchange(
        kept.attempt,
        route,
        kept.gateway,
        kept.sent_at,
        kept.answered_at,
        kept.outcome,
        kept.code,
        kept.said,
    )


def _last(message: Message, route: Route) -> Exchange | None:
    """The last try as the message tells it; None where only a stored one could tell."""
    if message.sent_at is None:
        return None
    outcome = None
    if message.status == _M.SENDING:
        outcome = "sending"
    elif message.gateway_id is not None and message.status != _M.QUEUED:
        outcome = "accepted"
    elif message.status == _M.IN_DOUBT:
        outcome = "in_doubt"
    if outcome is None:
        return None
    return Exchange(
        message.attempt,
        route.name,
        route.gateway,
        message.sent_at,
        message.answered_at,
        outcome,
        message.error_code if outcome == "in_doubt" else None,
        gateway_id=message.gateway_id,
    )


def _request(session: Session, message: Message, route: Route, settings: Settings) -> ShownRequest | None:
    try:
        gateway = gateway_for(route, settings)
    except SettingsRefused:
        return None
    if not isinstance(gateway, ShowsRequests):
        return None
    sent = outgoing(message, message.task, template_of(session, message.task.template_id))
    return gateway.shown(sent if route.takes_sender_id else sent._replace(sender_id=None))
