"""What a route says about its WhatsApp business number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from yarl import URL

from app.gateways.base import SettingsRefused
from app.gateways.described import Form, Setting, answer_within, at_once
from app.gateways.given import Given
from app.language import gettext, mark

_VERSION: Final = re.compile(r"v[0-9]{1,3}\.[0-9]")
_PLACE: Final = "https://graph.facebook.com"

SETTINGS: Final = (
    Setting(
        "phone_number_id",
        mark("Give the phone number ID, digits such as 106540352242922."),
        needed=True,
    ),
    Setting(
        "access_token",
        mark("Give the access token of the system user."),
        Form.SECRET,
        least=20,
        most=1000,
        needed=True,
        tuning=True,
    ),
    Setting(
        "app_secret",
        mark("Give the app secret from the app's basic settings."),
        Form.SECRET,
        least=16,
        needed=True,
        tuning=True,
    ),
    Setting(
        "verify_token",
        mark("Give at least 16 random characters."),
        Form.SECRET,
        least=16,
        needed=True,
        tuning=True,
    ),
    Setting(
        "recipients_per_day",
        mark("To how many different numbers WhatsApp lets you write in 24 hours; 0 for no limit."),
        Form.WHOLE,
        250,
        0,
        10_000_000,
        tuning=True,
    ),
    Setting(
        "portfolio",
        mark("The business portfolio's ID, its digits, where several of your numbers share that limit."),
        tuning=True,
    ),
    Setting("url", mark("Give the address of the Graph API, https://graph.facebook.com."), default=_PLACE),
    Setting(
        "version",
        mark("Give the version of the API, such as v23.0."),
        default="v23.0",
        most=6,
        tuning=True,
    ),
    at_once(),
    answer_within(15.0),
)


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
        given = Given({"url": _PLACE, "version": "v23.0", **settings}, SETTINGS, "WhatsApp")
        number = settings.get("phone_number_id")
        if not re.fullmatch(r"[0-9]{5,30}", str(number)) or isinstance(number, bool):
            raise SettingsRefused(
                "phone_number_id", gettext("Give the phone number ID, digits such as 106540352242922.")
            )
        portfolio = str(settings.get("portfolio", number))
        if not re.fullmatch(r"[0-9]{5,30}", portfolio):
            raise SettingsRefused("portfolio", gettext("Give the business portfolio's ID, its digits."))
        version = given.text("version")
        if not _VERSION.fullmatch(version):
            raise SettingsRefused("version", gettext("Give the version of the API, such as v23.0."))
        limit = given.whole("recipients_per_day")
        return cls(
            url=given.secure_url("url"),
            version=version,
            phone_number_id=str(number),
            access_token=_token(given, "access_token"),
            app_secret=_token(given, "app_secret"),
            verify_token=_token(given, "verify_token"),
            recipients_per_day=limit or None,
            portfolio=portfolio,
            concurrency=given.whole("concurrency"),
            answer_timeout=given.seconds("answer_timeout"),
        )

    @property
    def messages_url(self) -> URL:
        return self.url / self.version / self.phone_number_id / "messages"


def _token(given: Given, name: str) -> str:
    """A secret that a header can carry."""
    value = given.text(name)
    if not value.isascii() or " " in value:
        raise SettingsRefused(name, gettext("It has characters that no such secret has. Copy it again."))
    return value
