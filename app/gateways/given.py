"""Reading a route's gateway settings: each one typed, bounded, and refused by name when it cannot work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from yarl import URL

from app.gateways.base import SettingsRefused
from app.gateways.described import Setting
from app.language import gettext

_CLOUD_KEYS = ip_address("fd00:ec2::254")  # Amazon's metadata service; its IPv4 address is link-local


class Given:
    """The settings that somebody gave, by name. Every method raises SettingsRefused, naming the setting."""

    def __init__(self, settings: Mapping[str, Any], known: Iterable[Setting], gateway: str) -> None:
        self._known = {each.name: each for each in known}
        unknown = set(settings) - set(self._known)
        if unknown:
            raise SettingsRefused(min(unknown), gettext("%(gateway)s has no such setting.", gateway=gateway))
        self._settings = settings

    def text(self, name: str) -> str:
        """A text that must be there, of a length within its bounds."""
        return self._text(name, gettext(self._known[name].hint))

    def optional_text(self, name: str) -> str:
        """A text, or an empty one where nothing is given."""
        if self._settings.get(name) in (None, ""):
            return ""
        most = self._known[name].most
        return self._text(name, gettext("Give at most %(most)s characters, or leave it empty.", most=most))

    def _text(self, name: str, message: str) -> str:
        value, known = self._settings.get(name), self._known[name]
        if (
            not isinstance(value, str)
            or not known.least <= len(value) <= known.most
            or not value.isprintable()
        ):
            raise SettingsRefused(name, message)
        return value

    def choice(self, name: str) -> str:
        """One of the choices; the first when nothing is given."""
        known = self._known[name]
        value = self._settings.get(name, known.usual)
        if value not in known.choices:
            raise SettingsRefused(name, gettext("Choose one of %(join)s.", join=", ".join(known.choices)))
        return str(value)

    def whole(self, name: str) -> int:
        known = self._known[name]
        value = self._settings.get(name, known.usual)
        if type(value) is not int or not known.least <= value <= known.most:
            raise SettingsRefused(
                name,
                gettext(
                    "Give a whole number from %(least)s to %(most)s.", least=known.least, most=known.most
                ),
            )
        return value

    def seconds(self, name: str) -> float:
        known = self._known[name]
        value = self._settings.get(name, known.usual)
        if type(value) not in (int, float) or not known.least <= value <= known.most:
            raise SettingsRefused(
                name, gettext("Give seconds, from %(least)s to %(most)s.", least=known.least, most=known.most)
            )
        return float(value)

    def flag(self, name: str) -> bool:
        value = self._settings.get(name, self._known[name].usual)
        if not isinstance(value, bool):
            raise SettingsRefused(name, gettext("Say true or false."))
        return value

    def url(self, name: str) -> URL:
        """An address of the web."""
        value, message = self._settings.get(name), gettext(self._known[name].hint)
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

    def secure_url(self, name: str) -> URL:
        """An address that secrets may travel to: https, unless it is on this machine. Without a name or password."""
        url = self.url(name)
        if url.scheme != "https" and not _is_loopback(url.host or ""):
            raise SettingsRefused(
                name, gettext("Give an https address; plain http goes only to this machine.")
            )
        if url.user is not None or url.password is not None or url.fragment:
            raise SettingsRefused(name, gettext("Leave user name, password and # out of the address."))
        return url

    def networks(self, name: str) -> tuple[IPv4Network | IPv6Network, ...]:
        """Those of a list."""
        message = gettext(self._known[name].hint)
        value = self._settings.get(name, self._known[name].usual)
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
