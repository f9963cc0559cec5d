"""The route by which the panel's own text messages go."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.settings import desk_settings
from app.gateways.base import Gateway
from app.models import Route
from app.sending.gateways import gateway_for
from config import Settings


def verification_gateway(session: Session, settings: Settings) -> Gateway | None:
    """The verification route's gateway; by default that of the first sandbox route, which sends nothing."""
    route_id = desk_settings(session).verification_route_id
    if route_id is not None:
        route = session.get(Route, route_id)
    else:
        route = session.scalar(select(Route).where(Route.gateway == "sandbox").order_by(Route.id).limit(1))
    return gateway_for(route, settings) if route is not None else None
