"""How a carrier that is described by settings is asked what became of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from yarl import URL

from app.gateways.base import SettingsRefused
from app.gateways.described import Form, Setting, names_of
from app.gateways.given import Given
from app.gateways.http.answers import Answers
from app.language import gettext, mark

_PART: Final = mark("Asking about messages in doubt")
_REFERENCE: Final = "{reference}"

SETTINGS: Final = (
    Setting(
        "ask_url",
        mark("Give the address that tells of a message, such as https://…/{reference}."),
        part=_PART,
    ),
    Setting(
        "ask_answers",
        mark('Rules, such as [{"status": [200], "means": "accepted"}]; all else stays in doubt.'),
        Form.JSON,
        tuning=True,
        part=_PART,
    ),
    Setting(
        "ask_id_path",
        mark("Where that answer has the id, if it is not at id_path."),
        tuning=True,
        part=_PART,
    ),
)


@dataclass(frozen=True, slots=True)
class Questions:
    """A GET of `address`, which holds {reference}; `answers` says what comes back means."""

    address: str
    answers: Answers

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> Questions | None:
        """Check the settings; None where they do not say how to ask. Raises SettingsRefused."""
        if names_of(SETTINGS).isdisjoint(settings):
            return None
        address = settings.get("ask_url")
        if not isinstance(address, str) or _REFERENCE not in address:
            raise SettingsRefused(
                "ask_url", gettext("Give an address that holds {reference}, our name for the message.")
            )
        sample = Given({"ask_url": address.replace(_REFERENCE, "x")}, SETTINGS, gettext("The HTTP gateway"))
        sample.secure_url("ask_url")
        try:
            answers = Answers.read(
                {
                    "answers": settings.get("ask_answers"),
                    "id_path": settings.get("ask_id_path", settings.get("id_path")),
                }
            )
        except SettingsRefused as refused:
            raise SettingsRefused(f"ask_{refused.field}", refused.message) from refused
        if any(rule.means == "deferred" for rule in answers.rules):
            raise SettingsRefused(
                "ask_answers",
                gettext("Asking sends nothing again. Say accepted or refused; all else stays in doubt."),
            )
        return cls(address, answers)

    def url(self, reference: str) -> URL:
        """Where to ask about the message."""
        return URL(self.address.replace(_REFERENCE, quote(reference, safe="")), encoded=True)
