"""The gateway behind a route, made from the route's settings and the operator's."""

from __future__ import annotations

import json
from typing import Any

from app.gateways.base import Gateway, SettingsRefused
from app.gateways.registry import make_gateway
from app.models import Route
from app.secrets import SecretUnreadable, Vault
from config import Settings


def gateway_for(route: Route, settings: Settings) -> Gateway:
    """A gateway for the route, not yet open. Raises SettingsRefused when its settings cannot work."""
    values = dict(route.gateway_settings) | _secrets(route, settings)
    if route.gateway == "sandbox":
        values = {"url": settings.sandbox_url, "secret": settings.sandbox_secret} | values
    callback_url = f"{settings.callback_url}/callbacks/{route.public_id}"
    return make_gateway(route.gateway, values, callback_url=callback_url)


def _secrets(route: Route, settings: Settings) -> dict[str, Any]:
    """The route's secret settings, which the database holds encrypted. Raises SettingsRefused."""
    if route.gateway_secrets is None:
        return {}
    try:
        found: dict[str, Any] = json.loads(Vault(settings.encryption_keys).unlock(route.gateway_secrets))
    except SecretUnreadable as error:
        raise SettingsRefused("secrets", f"{error} Enter the route's secrets again.") from error
    return found
