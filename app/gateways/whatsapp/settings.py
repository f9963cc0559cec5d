"""What a route says about its WhatsApp business number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from yarl import URL

from app.gateways.base import SettingsRefused
from app.gateways.given import Given
from app.language import gettext

_NAMES: Final = frozenset(
    {
        "url",
        "version",
        "phone_number_id",
        "access_token",
        "app_secret",
        "verify_token",
        "recipients_per_day",
        "portfolio",
        "concurrency",
        "answer_timeout",
    }
)
_VERSION: Final = re.compile(r"v[0-9]{1,3}\.[0-9]")
_PLACE: Final = "https://graph.facebook.com"


@dataclass(frozen=True, slots=True)
class WhatsAppSettings:
    """`phone_number_id` is Meta's name for the number we send from; `recipients_per_day` is the portfolio's limit,
    None for unlimited, and `portfolio` its id, where several of our numbers share it. `app_secret` signs the webhooks,
    `verify_token` is what we tell Meta to say once.
    """

    url: URL
    version: str
    phone_number_id: str
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    recipients_per_day: int | None
    portfolio: str
    concurrency: int
    answer_timeout: float

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> WhatsAppSettings:
        """Check what a route says. Raises SettingsRefused, naming the setting."""
        given = Given({"url": _PLACE, "version": "v23.0", **settings}, _NAMES, "WhatsApp")
        number = settings.get("phone_number_id")
        if not re.fullmatch(r"[0-9]{5,30}", str(number)) or isinstance(number, bool):
            raise SettingsRefused(
                "phone_number_id", gettext("Give the phone number ID, digits such as 106540352242922.")
            )
        portfolio = str(settings.get("portfolio", number))
        if not re.fullmatch(r"[0-9]{5,30}", portfolio):
            raise SettingsRefused("portfolio", gettext("Give the business portfolio's ID, its digits."))
        version = given.text("version", gettext("Give the version of the API, such as v23.0."), most=6)
        if not _VERSION.fullmatch(version):
            raise SettingsRefused("version", gettext("Give the version of the API, such as v23.0."))
        limit = given.whole("recipients_per_day", 250, 0, 10_000_000)
        return cls(
            url=given.secure_url(
                "url", gettext("Give the address of the Graph API, %(place)s.", place=_PLACE)
            ),
            version=version,
            phone_number_id=str(number),
            access_token=_token(
                given, "access_token", gettext("Give the access token of the system user."), 20, 1000
            ),
            app_secret=_token(
                given, "app_secret", gettext("Give the app secret from the app's basic settings."), 16, 200
            ),
            verify_token=_token(
                given, "verify_token", gettext("Give at least 16 random characters."), 16, 200
            ),
            recipients_per_day=limit or None,
            portfolio=portfolio,
            concurrency=given.whole("concurrency", 32, 1, 500),
            answer_timeout=given.seconds("answer_timeout", 15.0, 0.05, 60),
        )

    @property
    def messages_url(self) -> URL:
        return self.url / self.version / self.phone_number_id / "messages"


def _token(given: Given, name: str, message: str, least: int, most: int) -> str:
    """A secret that a header can carry."""
    value = given.text(name, message, least=least, most=most)
    if not value.isascii() or " " in value:
        raise SettingsRefused(name, gettext("It has characters that no such secret has. Copy it again."))
    return value
