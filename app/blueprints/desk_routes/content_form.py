"""The severity of each content rule on a route."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, SelectField
from wtforms.validators import InputRequired

from app.content.findings import Severity
from app.desk.route_content import RULES, severities_of
from app.desk.route_values import RouteRefused
from app.models import Route

SEVERITY_WORDS: Final = {
    Severity.BLOCK: lazy_gettext("Refused"),
    Severity.HOLD: lazy_gettext("Held for review"),
    Severity.ALERT: lazy_gettext("Sent, and staff told"),
    None: lazy_gettext("Allowed"),
}
_OFF: Final = "off"


def severity_words(rules: dict[str, Severity | None]) -> list[tuple[str, str]]:
    """Each rule's name and what it does, for reading."""
    return [(_(RULES[name]), SEVERITY_WORDS[severity]) for name, severity in rules.items()]


def _choice(name: str) -> SelectField:
    return SelectField(
        lazy_gettext(RULES[name]),
        validators=[InputRequired(lazy_gettext("Choose one."))],
        choices=[SelectChoice(each or _OFF, words) for each, words in SEVERITY_WORDS.items()],
    )


class ContentRulesForm(FlaskForm):
    """After `validate`, `severities` is what the domain takes: None for the channel's own rules."""

    whose = RadioField(
        lazy_gettext("Rules"),
        validators=[InputRequired(lazy_gettext("Choose one."))],
        choices=[
            SelectChoice("channel", lazy_gettext("Those of its channel")),
            SelectChoice("own", lazy_gettext("Its own, as below")),
        ],
    )
    greeting = _choice("greeting")
    link = _choice("link")
    shortener = _choice("shortener")
    bare_domain = _choice("bare_domain")
    chinese = _choice("chinese")
    emoji = _choice("emoji")
    alphabet = _choice("alphabet")
    personal_data = _choice("personal_data")
    call_back = _choice("call_back")

    def __init__(self, shown: Route, **kwargs: Any) -> None:
        held = {name: severity or _OFF for name, severity in severities_of(shown).items()}
        super().__init__(
            data={"whose": "channel" if shown.content_switches is None else "own", **held}, **kwargs
        )
        self.form_errors: list[str] = []

    @property
    def severities(self) -> dict[str, Severity | None] | None:
        """What was chosen."""
        if self.whose.data == "channel":
            return None
        return {name: None if self[name].data == _OFF else Severity(self[name].data) for name in RULES}

    def refuse(self, refusal: RouteRefused) -> None:
        """Put the domain's refusal on its field."""
        self[refusal.field].errors = [*self[refusal.field].errors, refusal.message]
