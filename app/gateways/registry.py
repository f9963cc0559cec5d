"""The gateways there are, by the name that a route carries. A new one is a line here and a file beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.gateways import kannel, sandbox
from app.gateways.base import Gateway, SettingsRefused
from app.gateways.described import Setting, carrier_in
from app.gateways.http import settings as http_settings
from app.gateways.http.gateway import HttpGateway
from app.gateways.http.settings import HttpSettings
from app.gateways.kannel import KannelGateway, KannelSettings
from app.gateways.sandbox import SandboxGateway, SandboxSettings
from app.gateways.smpp import settings as smpp_settings
from app.gateways.smpp.gateway import SmppGateway
from app.gateways.smpp.settings import SmppSettings
from app.gateways.whatsapp import settings as whatsapp_settings
from app.gateways.whatsapp.gateway import WhatsAppGateway
from app.gateways.whatsapp.settings import WhatsAppSettings
from app.language import gettext, mark


@dataclass(frozen=True, slots=True)
class _Kind:
    label: str
    make: Callable[[Mapping[str, Any], str], Gateway]
    check: Callable[[Mapping[str, Any]], object]
    settings: tuple[Setting, ...]


def _sandbox(settings: Mapping[str, Any], callback_url: str) -> Gateway:
    return SandboxGateway(SandboxSettings.read(settings), callback_url)


def _kannel(settings: Mapping[str, Any], callback_url: str) -> Gateway:
    return KannelGateway(KannelSettings.read(settings), callback_url)


def _smpp(settings: Mapping[str, Any], _callback_url: str) -> Gateway:
    return SmppGateway(SmppSettings.read(settings))


def _http(settings: Mapping[str, Any], callback_url: str) -> Gateway:
    return HttpGateway(HttpSettings.read(settings), callback_url)


def _whatsapp(settings: Mapping[str, Any], callback_url: str) -> Gateway:
    return WhatsAppGateway(WhatsAppSettings.read(settings), callback_url)


_KINDS: Mapping[str, _Kind] = {
    "sandbox": _Kind(mark("Sandbox (no real messages)"), _sandbox, SandboxSettings.read, sandbox.SETTINGS),
    "kannel": _Kind("Kannel (HTTP)", _kannel, KannelSettings.read, kannel.SETTINGS),
    "smpp": _Kind("SMPP 3.4", _smpp, SmppSettings.read, smpp_settings.SETTINGS),
    "http": _Kind(mark("HTTP, described by settings"), _http, HttpSettings.read, http_settings.SETTINGS),
    "whatsapp": _Kind(
        mark("WhatsApp Cloud API"), _whatsapp, WhatsAppSettings.read, whatsapp_settings.SETTINGS
    ),
}


def kinds() -> dict[str, str]:
    """The kinds of gateway a route can have, each with its name for people."""
    return {name: gettext(kind.label) for name, kind in _KINDS.items()}


def settings_of(kind: str) -> tuple[Setting, ...]:
    """What a gateway of this kind wants to know, in the order to ask for it. Raises SettingsRefused."""
    return _kind(kind).settings


def carrier_of(kind: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What says which carrier these settings speak to, and under which name. Raises SettingsRefused."""
    return {"gateway": kind} | carrier_in(settings_of(kind), settings)


def validate(kind: str, settings: Mapping[str, Any]) -> None:
    """Raise SettingsRefused when no gateway can be made of these. Does not touch the wire."""
    _kind(kind).check(settings)


def make_gateway(kind: str, settings: Mapping[str, Any], *, callback_url: str) -> Gateway:
    """A gateway, not yet open, whose receipts come to `callback_url`. Raises SettingsRefused."""
    return _kind(kind).make(settings, callback_url)


def _kind(name: str) -> _Kind:
    found = _KINDS.get(name)
    if found is None:
        raise SettingsRefused(
            "gateway",
            gettext(
                "There is no gateway %(name)s; choose from %(join)s.", name=repr(name), join=", ".join(_KINDS)
            ),
        )
    return found
