"""The gateway behind a route, made from the route's settings and the operator's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.gateways.base import Capabilities, Gateway, SettingsRefused
from app.gateways.registry import make_gateway
from app.language import gettext
from app.models import Route
from app.secrets import SecretUnreadable, Vault
from config import Settings


def gateway_for(route: Route, settings: Settings) -> Gateway:
    """A gateway for the route, not yet open. Raises SettingsRefused when its settings cannot work."""
    callback_url = f"{settings.callback_url}/callbacks/{route.public_id}"
    return make_gateway(route.gateway, gateway_values(route, settings), callback_url=callback_url)


def capabilities_of(route: Route, settings: Settings) -> Capabilities | None:
    """What the route's gateway can do; None when its settings cannot work."""
    try:
        return gateway_for(route, settings).capabilities
    except SettingsRefused:
        return None


def gateway_values(route: Route, settings: Settings) -> dict[str, Any]:
    """All that the route's gateway is made from, its secrets too; never to be shown. Raises SettingsRefused."""
    values = dict(route.gateway_settings) | secrets_of(route, settings)
    if route.gateway == "sandbox":
        return {"url": settings.sandbox_url, "secret": settings.sandbox_secret} | values
    return values


def secrets_of(route: Route, settings: Settings) -> dict[str, Any]:
    """The route's secret settings, which the database holds encrypted. Raises SettingsRefused."""
    if route.gateway_secrets is None:
        return {}
    try:
        found: dict[str, Any] = json.loads(Vault(settings.encryption_keys).unlock(route.gateway_secrets))
    except SecretUnreadable as error:
        raise SettingsRefused(
            "secrets", gettext("%(error)s Enter the route's secrets again.", error=error)
        ) from error
    return found


def lock_secrets(values: Mapping[str, Any], settings: Settings) -> str:
    """Secret settings as the database holds them."""
    return Vault(settings.encryption_keys).lock(json.dumps(dict(values)))
