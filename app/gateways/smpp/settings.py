"""What a route says about its SMPP carrier."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from app.gateways.base import SettingsRefused
from app.gateways.given import Given
from app.gateways.smpp.receipts import ID_FORMS, IdForms
from app.language import gettext

_NAMES: Final = frozenset(
    {
        "host",
        "port",
        "system_id",
        "password",
        "system_type",
        "tls",
        "tls_ca",
        "window",
        "answer_timeout",
        "enquire_link",
        "long_text",
        "message_ids",
        "default_sender",
    }
)


@dataclass(frozen=True, slots=True)
class SmppSettings:
    """`window` is how many submits may wait for their answers; times are seconds.

    `long_text` is udh or message_payload. `message_ids` is how the carrier writes its ids, in answers and in
    receipts. `tls_ca` holds certificates (PEM) to trust instead of the system's.
    """

    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    system_type: str
    tls: bool
    tls_ca: str
    window: int
    answer_timeout: float
    enquire_link: float
    long_text: str
    message_ids: IdForms
    default_sender: str

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> SmppSettings:
        """Check what a route says. Raises SettingsRefused, naming the setting."""
        given = Given(settings, _NAMES, "SMPP")
        found = cls(
            host=given.text("host", gettext("Give the carrier's host, such as smpp.carrier.example.")),
            port=given.whole("port", 2775, 1, 65_535),
            system_id=given.text("system_id", gettext("Give the system_id, at most 15 characters."), most=15),
            # The specification has 8 characters; many carriers give longer ones.
            password=given.text("password", gettext("Give the password, at most 64 characters."), most=64),
            system_type=given.optional_text("system_type", most=12),
            tls=given.flag("tls", False),
            tls_ca=_certificates(settings.get("tls_ca", "")),
            window=given.whole("window", 20, 1, 500),
            answer_timeout=given.seconds("answer_timeout", 10.0, 0.1, 60),
            enquire_link=given.seconds("enquire_link", 30.0, 0.1, 600),
            long_text=given.choice("long_text", ("udh", "message_payload")),
            message_ids=cast(IdForms, given.choice("message_ids", ID_FORMS)),
            default_sender=given.optional_text("default_sender", most=20),
        )
        for name in ("system_id", "password", "system_type", "default_sender"):
            if not getattr(found, name).isascii():
                raise SettingsRefused(name, gettext("SMPP carries only ASCII characters here."))
        return found

    def tls_context(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cadata=self.tls_ca or None) if self.tls else None


def _certificates(value: object) -> str:
    if value and isinstance(value, str):
        try:
            ssl.create_default_context(cadata=value)
        except (ssl.SSLError, ValueError) as error:
            raise SettingsRefused("tls_ca", gettext("Give certificates in PEM form.")) from error
    elif value not in ("", None):
        raise SettingsRefused("tls_ca", gettext("Give certificates in PEM form."))
    return str(value or "")
