"""The gateway behind a route, made from the route's settings and the operator's."""

from __future__ import annotations

from app.gateways.base import Gateway
from app.gateways.registry import make_gateway
from app.models import Route
from config import Settings


def gateway_for(route: Route, settings: Settings) -> Gateway:
    """A gateway for the route, not yet open. Raises SettingsRefused when its settings cannot work."""
    values = dict(route.gateway_settings)
    if route.gateway == "sandbox":
        values = {"url": settings.sandbox_url, "secret": settings.sandbox_secret} | values
    callback_url = f"{settings.callback_url}/callbacks/{route.public_id}"
    return make_gateway(route.gateway, values, callback_url=callback_url)
