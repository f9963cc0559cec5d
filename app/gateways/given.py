"""Reading a route's gateway settings: each one typed, bounded, and refused by name when it cannot work."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from yarl import URL

from app.gateways.base import SettingsRefused
from app.language import gettext

_CLOUD_KEYS = ip_address("fd00:ec2::254")  # Amazon's metadata service; its IPv4 address is link-local


class Given:
    """The settings that somebody gave, by name. Every method raises SettingsRefused, naming the setting."""

    def __init__(self, settings: Mapping[str, Any], known: frozenset[str], gateway: str) -> None:
        unknown = set(settings) - known
        if unknown:
            raise SettingsRefused(min(unknown), gettext("%(gateway)s has no such setting.", gateway=gateway))
        self._settings = settings

    def text(self, name: str, message: str, *, least: int = 1, most: int = 200) -> str:
        """A text that must be there."""
        value = self._settings.get(name)
        if not isinstance(value, str) or not least <= len(value) <= most or not value.isprintable():
            raise SettingsRefused(name, message)
        return value

    def optional_text(self, name: str, *, most: int = 200, default: str = "") -> str:
        if self._settings.get(name) in (None, ""):
            return default
        return self.text(
            name, gettext("Give at most %(most)s characters, or leave it empty.", most=most), most=most
        )

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of the choices; the first when nothing is given."""
        value = self._settings.get(name, choices[0])
        if value not in choices:
            raise SettingsRefused(name, gettext("Choose one of %(join)s.", join=", ".join(choices)))
        return str(value)

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        value = self._settings.get(name, default)
        if type(value) is not int or not least <= value <= most:
            raise SettingsRefused(
                name, gettext("Give a whole number from %(least)s to %(most)s.", least=least, most=most)
            )
        return value

    def seconds(self, name: str, default: float, least: float, most: float) -> float:
        value = self._settings.get(name, default)
        if type(value) not in (int, float) or not least <= value <= most:
            raise SettingsRefused(
                name, gettext("Give seconds, from %(least)s to %(most)s.", least=least, most=most)
            )
        return float(value)

    def flag(self, name: str, default: bool) -> bool:
        value = self._settings.get(name, default)
        if not isinstance(value, bool):
            raise SettingsRefused(name, gettext("Say true or false."))
        return value

    def url(self, name: str, message: str) -> URL:
        value = self._settings.get(name)
        if not isinstance(value, str):
            raise SettingsRefused(name, message)
        try:
            url = URL(value)
        except ValueError as error:
            raise SettingsRefused(name, message) from error
        if url.scheme not in ("http", "https") or not url.host:
            raise SettingsRefused(name, message)
        if _is_link_local(url.host):  # where clouds keep a machine's own keys, and no carrier lives
            raise SettingsRefused(name, gettext("Give a carrier's address, not one of this network link."))
        return url

    def secure_url(self, name: str, message: str) -> URL:
        """An address that secrets may travel to: https, unless it is on this machine. Without a name or password."""
        url = self.url(name, message)
        if url.scheme != "https" and not _is_loopback(url.host or ""):
            raise SettingsRefused(
                name, gettext("Give an https address; plain http goes only to this machine.")
            )
        if url.user is not None or url.password is not None or url.fragment:
            raise SettingsRefused(name, gettext("Leave user name, password and # out of the address."))
        return url

    def networks(self, name: str, default: list[str]) -> tuple[IPv4Network | IPv6Network, ...]:
        message = gettext("Give a list of addresses or networks, such as 127.0.0.1 or 10.0.0.0/24.")
        value = self._settings.get(name, default)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise SettingsRefused(name, message)
        try:
            return tuple(ip_network(item) for item in value)
        except ValueError as error:
            raise SettingsRefused(name, message) from error


def _is_link_local(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_link_local or address == _CLOUD_KEYS


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
