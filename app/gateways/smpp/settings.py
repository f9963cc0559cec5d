"""What a route says about its SMPP carrier."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from app.gateways.base import SettingsRefused
from app.gateways.described import Form, Setting, answer_within
from app.gateways.given import Given
from app.gateways.smpp.receipts import ID_FORMS, IdForms
from app.language import gettext, mark

SETTINGS: Final = (
    Setting("host", mark("Give the carrier's host, such as smpp.carrier.example."), needed=True),
    Setting("port", form=Form.WHOLE, default=2775, least=1, most=65_535),
    Setting("system_id", mark("Give the system_id, at most 15 characters."), most=15, needed=True),
    # The specification has 8 characters; many carriers give longer ones.
    Setting(
        "password",
        mark("Give the password, at most 64 characters."),
        Form.SECRET,
        most=64,
        needed=True,
    ),
    Setting("system_type", mark("Only where the carrier gave one."), most=12),
    Setting("tls", mark("Whether the carrier is spoken to over TLS."), Form.FLAG, False, tuning=True),
    Setting(
        "tls_ca",
        mark(
            'Certificates to trust instead of the system\'s, in PEM form, as "-----BEGIN CERTIFICATE-----\\n…" on one '
            "line; most carriers need none."
        ),
        Form.LINES,
        tuning=True,
    ),
    Setting(
        "window",
        mark("How many messages may wait for their answers; the carrier says how many it takes."),
        Form.WHOLE,
        20,
        1,
        500,
        tuning=True,
    ),
    answer_within(least=0.1),
    Setting(
        "enquire_link",
        mark("Seconds between two signs of life on a quiet connection."),
        Form.SECONDS,
        30.0,
        0.1,
        600,
        tuning=True,
    ),
    Setting(
        "long_text",
        mark("How long texts go: in parts with a header (udh), or whole (message_payload)."),
        Form.CHOICE,
        choices=("udh", "message_payload"),
        tuning=True,
    ),
    Setting(
        "message_ids",
        mark("How the carrier writes a message's id in its answer and in its receipt."),
        Form.CHOICE,
        choices=ID_FORMS,
        tuning=True,
    ),
    Setting("default_sender", mark("The sender of messages that have no sender ID."), most=20, tuning=True),
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
        given = Given(settings, SETTINGS, "SMPP")
        found = cls(
            host=given.text("host"),
            port=given.whole("port"),
            system_id=given.text("system_id"),
            password=given.text("password"),
            system_type=given.optional_text("system_type"),
            tls=given.flag("tls"),
            tls_ca=_certificates(settings.get("tls_ca", "")),
            window=given.whole("window"),
            answer_timeout=given.seconds("answer_timeout"),
            enquire_link=given.seconds("enquire_link"),
            long_text=given.choice("long_text"),
            message_ids=cast(IdForms, given.choice("message_ids")),
            default_sender=given.optional_text("default_sender"),
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
