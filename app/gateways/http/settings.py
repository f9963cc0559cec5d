"""What a route says about a carrier with an HTTP interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from yarl import URL

from app.gateways.base import SettingsRefused
from app.gateways.described import Form, Setting, answer_within, at_once
from app.gateways.given import Given
from app.gateways.http import callbacks, questions
from app.gateways.http.answers import Answers
from app.gateways.http.body import checked_body, checked_headers, placeholders
from app.gateways.http.callbacks import Callbacks
from app.gateways.http.questions import Questions
from app.gateways.http.receipts import Receipts
from app.language import gettext, mark

SETTINGS: Final = (
    Setting(
        "url",
        mark("Give the address that takes messages, such as https://api.carrier.example/sms."),
        needed=True,
    ),
    Setting("method", form=Form.CHOICE, choices=("POST", "GET"), tuning=True),
    Setting("format", form=Form.CHOICE, choices=("json", "form"), tuning=True),
    Setting("headers", mark('Such as {"Authorization": "App {api_key}"}.'), Form.JSON),
    Setting(
        "body",
        mark('The fields of a message, such as {"to": "{to_digits}", "text": "{text}", "from": "{sender}"}.'),
        Form.JSON,
        needed=True,
    ),
    Setting("api_key", mark("What {api_key} stands for."), Form.SECRET, most=1000),
    Setting("api_secret", mark("What {api_secret} stands for."), Form.SECRET, most=1000),
    Setting("default_sender", mark("The sender of messages that have no sender ID."), most=20, tuning=True),
    Setting(
        "answers",
        mark(
            'Rules, the first that fits counts; what none fits is in doubt. Such as [{"status": [200], "means": '
            '"accepted"}, {"status": ["4xx"], "means": "refused"}].'
        ),
        Form.JSON,
        needed=True,
        tuning=True,
    ),
    Setting(
        "id_path",
        mark(
            "Where an accepted answer has the message's id, such as messages.0.id; empty for our reference."
        ),
        tuning=True,
    ),
    Setting(
        "id_pattern",
        mark("Or a regular expression with one group that finds the id, such as ^OK ([0-9]+)$."),
        tuning=True,
    ),
    Setting(
        "dedupes_reference",
        mark("Only where the carrier promises to drop a second message with the same {reference}."),
        Form.FLAG,
        False,
        tuning=True,
    ),
    Setting("long_text", mark("Whether texts of several parts can go."), Form.FLAG, True, tuning=True),
    at_once(),
    answer_within(),
    *callbacks.SETTINGS,
    *questions.SETTINGS,
)


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """`headers` and `body` are templates with placeholders; `form` says that the body is one, else it is JSON."""

    url: URL
    method: str
    form: bool
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    answers: Answers
    callbacks: Callbacks | None
    questions: Questions | None
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    default_sender: str
    dedupes_reference: bool
    long_text: bool
    concurrency: int
    answer_timeout: float

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> HttpSettings:
        """Check what a route says. Raises SettingsRefused, naming the setting."""
        given = Given(settings, SETTINGS, gettext("The HTTP gateway"))
        method = given.choice("method")
        form = given.choice("format") == "form"
        if method == "GET" and not form:
            raise SettingsRefused("format", gettext("A GET carries its fields in the address; choose form."))
        found = cls(
            url=given.secure_url("url"),
            method=method,
            form=form,
            headers=checked_headers("headers", settings.get("headers", {})),
            body=checked_body("body", settings.get("body"), flat=form),
            answers=Answers.read(settings),
            callbacks=Callbacks.read(given, settings),
            questions=Questions.read(settings),
            api_key=given.optional_text("api_key"),
            api_secret=given.optional_text("api_secret"),
            default_sender=given.optional_text("default_sender"),
            dedupes_reference=given.flag("dedupes_reference"),
            long_text=given.flag("long_text"),
            concurrency=given.whole("concurrency"),
            answer_timeout=given.seconds("answer_timeout"),
        )
        found._check_uses()
        return found

    @property
    def receipts(self) -> Receipts | None:
        return self.callbacks.receipts if self.callbacks is not None else None

    def _check_uses(self) -> None:
        """That what the templates name is there."""
        used = placeholders(self.headers) | placeholders(self.body)
        for name, users in (("api_key", {"api_key", "basic"}), ("api_secret", {"api_secret", "basic"})):
            if used & users and not getattr(self, name):
                raise SettingsRefused(
                    name,
                    gettext("The request uses it ({%(min)s}); enter it as a secret.", min=min(used & users)),
                )
        for name in ("api_key", "api_secret"):
            if not getattr(self, name).isascii():
                raise SettingsRefused(
                    name, gettext("It has characters that no header carries. Copy it again.")
                )
        if "receipt_url" in used and self.receipts is None:
            raise SettingsRefused("receipt_status", gettext("The request asks for receipts; describe them."))
        if self.dedupes_reference and "reference" not in used:
            raise SettingsRefused("dedupes_reference", gettext("The request does not carry {reference}."))
        needs_reference = self.receipts is not None and self.receipts.id_path is None
        if needs_reference and not used & {"reference"}:
            raise SettingsRefused(
                "receipt_reference", gettext("The request does not carry {reference}, so nothing repeats it.")
            )
