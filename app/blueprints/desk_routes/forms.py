"""What staff may enter of a route. Lists are text areas, one entry a line; secrets go in and never come out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from app.blueprints.fields import at_most, required, trimmed
from app.content.segments import Split
from app.content.sender_id import GSM_LIMIT
from app.desk.route_values import FASTEST, LARGEST_CAP, MOST_RECIPIENTS, RouteRefused, RouteValues
from app.gateways.base import SettingsRefused
from app.gateways.described import Form, Setting
from app.gateways.registry import kinds, settings_of
from app.language import thousands
from app.models import Channel, ChargeWhen, Route
from app.pricing import credits, parse_credits

_SETTING = re.compile(r"([a-z][a-z0-9_]{0,40})\s*=(.*)")


def number(label: str, least: int, most: int) -> IntegerField:
    words = lazy_gettext(
        "Enter a whole number from %(least)s to %(most)s.", least=thousands(least), most=thousands(most)
    )
    return IntegerField(label, validators=[InputRequired(words), NumberRange(least, most, words)])


def optional_number(label: Any, least: int, most: int) -> IntegerField:
    words = _("Enter a whole number from %(least)s to %(most)s.", least=f"{least:,}", most=f"{most:,}")
    return IntegerField(label, validators=[Optional(), NumberRange(least, most, words)])


def _route_id(value: Any) -> int:
    """0 is none."""
    return int(value or 0)


class RouteForm(FlaskForm):
    """After `validate`, `values` and `secrets` are what the domain takes."""

    name = StringField(
        lazy_gettext("Name"),
        filters=[trimmed],
        validators=required(lazy_gettext("Name the route."), 100),
    )
    description = StringField(
        lazy_gettext("What clients read about it"), filters=[trimmed], validators=[at_most(500)]
    )
    channel = SelectField(
        lazy_gettext("Channel"),
        validators=[InputRequired(lazy_gettext("Choose one."))],
        choices=[
            SelectChoice(Channel.SMS.value, lazy_gettext("SMS")),
            SelectChoice(Channel.WHATSAPP.value, lazy_gettext("WhatsApp")),
        ],
    )
    gateway = SelectField(
        lazy_gettext("Gateway"), validators=[InputRequired(lazy_gettext("Choose a gateway."))]
    )
    gateway_settings = TextAreaField(lazy_gettext("Gateway settings"), validators=[at_most(5_000)])
    secrets = TextAreaField(lazy_gettext("Gateway secrets"), validators=[at_most(5_000)])
    rate = number(lazy_gettext("Messages a second"), 1, FASTEST)
    price_per_segment = StringField(
        lazy_gettext("Credits a segment"),
        filters=[trimmed],
        validators=[DataRequired(lazy_gettext("Enter a price, such as 1 or 0.85."))],
    )
    prices = TextAreaField(lazy_gettext("Prices by country prefix"), validators=[at_most(20_000)])
    allowed_prefixes = StringField(lazy_gettext("Only to these prefixes"), validators=[at_most(4_000)])
    blocked_prefixes = StringField(
        lazy_gettext("Never to these prefixes"), default="86", validators=[at_most(4_000)]
    )
    takes_sender_id = BooleanField(lazy_gettext("Takes a sender ID"), default=True)
    sender_id_maximum = number(lazy_gettext("Longest sender ID"), 1, GSM_LIMIT)
    sender_id_approval = BooleanField(lazy_gettext("Sender IDs need our approval first"))
    minimum_recipients = number(lazy_gettext("Fewest recipients a task may have"), 1, MOST_RECIPIENTS)
    maximum_recipients = number(lazy_gettext("Most recipients a task may have"), 1, MOST_RECIPIENTS)
    split = SelectField(
        lazy_gettext("Long texts"),
        validators=[InputRequired(lazy_gettext("Choose one."))],
        choices=[
            SelectChoice(Split.NETWORK.value, lazy_gettext("160 / 153, as the networks do")),
            SelectChoice(Split.FLAT_160.value, lazy_gettext("160 each, flat")),
        ],
    )
    charge_when = SelectField(
        lazy_gettext("Charge when"),
        validators=[InputRequired(lazy_gettext("Choose one."))],
        choices=[
            SelectChoice(ChargeWhen.ACCEPTED.value, lazy_gettext("The network accepts")),
            SelectChoice(ChargeWhen.DELIVERED.value, lazy_gettext("It is delivered")),
        ],
    )
    refund_failed_receipt = BooleanField(lazy_gettext("Refund when a receipt says failed"), default=True)
    gives_reports = BooleanField(lazy_gettext("Gives per-message reports"), default=True)
    retry_attempts = number(lazy_gettext("Tries before a deferred message fails"), 1, 100)
    everyone = BooleanField(
        lazy_gettext("For every account; else only for those it is given to"), default=True
    )
    requires_test = SelectField(
        _("A bulk text goes out as a quick message first"),
        choices=[
            SelectChoice("", _("As its channel: on WhatsApp it must, by SMS it need not")),
            SelectChoice("y", _("It must")),
            SelectChoice("n", _("It need not")),
        ],
    )
    daily_cap = optional_number(_("Messages a day"), 1, LARGEST_CAP)
    fallback_route_id = SelectField(_("Route that stands in"), coerce=_route_id)

    values: RouteValues
    secret_values: dict[str, str]

    def __init__(
        self, shown: RouteValues | None = None, stand_ins: Sequence[Route] = (), **kwargs: Any
    ) -> None:
        """`stand_ins` are the routes that may be named to stand in for this one."""
        data = _entered(shown) if shown is not None else {**_entered(_USUAL), "requires_test": ""}
        super().__init__(data=data, **kwargs)
        self.gateway.choices = [SelectChoice(name, label) for name, label in kinds().items()]
        self.fallback_route_id.choices = [
            SelectChoice(0, _("None: its messages wait")),
            *(SelectChoice(each.id, each.name) for each in stand_ins),
        ]
        self.form_errors: list[str] = []

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        try:
            self.secret_values = self._settings_in(self.secrets, secret=True)
            self.values = self._values()
        except _Wrong as wrong:
            wrong.field.errors = [*wrong.field.errors, wrong.message]
            return False
        return True

    def refuse(self, refusal: RouteRefused) -> None:
        """Put the domain's refusal on its field."""
        if refusal.field in self:
            self[refusal.field].errors = [*self[refusal.field].errors, refusal.message]
        else:
            self.form_errors = [*self.form_errors, refusal.message]

    def _values(self) -> RouteValues:
        plain = [
            "name",
            "description",
            "channel",
            "gateway",
            "rate",
            "takes_sender_id",
            "sender_id_maximum",
            "sender_id_approval",
            "minimum_recipients",
            "maximum_recipients",
            "split",
            "charge_when",
            "refund_failed_receipt",
            "gives_reports",
            "retry_attempts",
            "everyone",
            "daily_cap",
        ]
        allowed = _prefixes(self.allowed_prefixes.data)
        return RouteValues(
            **{name: self[name].data for name in plain},
            requires_test=(self.requires_test.data or _usual_test(self.channel.data)) == "y",
            gateway_settings=self._settings_in(self.gateway_settings, secret=False),
            fallback_route_id=self.fallback_route_id.data or None,
            price_per_segment=_price(self.price_per_segment, self.price_per_segment.data),
            prices=_prices(self.prices),
            allowed_prefixes=allowed or None,
            blocked_prefixes=_prefixes(self.blocked_prefixes.data),
        )

    def _settings_in(self, field: Field, *, secret: bool) -> dict[str, Any]:
        """The lines "name = value" of a field: the chosen gateway's secrets, or its other settings."""
        known = {each.name: each.form is Form.SECRET for each in _known(self.gateway.data)}
        found: dict[str, Any] = {}
        for line in _lines(field.data):
            match = _SETTING.fullmatch(line)
            if match is None:
                raise _Wrong(
                    field,
                    _("Cannot read a line. Write one setting a line, as in: name = value")
                    if secret  # which is not repeated
                    else _(
                        "Cannot read “%(line)s”. Write one setting a line, as in: name = value",
                        line=line[:40],
                    ),
                )
            name, value = match[1], match[2].strip()
            if name not in known:
                names = ", ".join(each for each, is_secret in known.items() if is_secret == secret)
                raise _Wrong(
                    field,
                    _(
                        "This gateway has no setting “%(name)s” here. It has: %(names)s.",
                        name=name,
                        names=names,
                    ),
                )
            if known[name] and not secret:
                raise _Wrong(
                    field, _("“%(name)s” is a secret. Enter it below, where it is encrypted.", name=name)
                )
            if secret and not known[name]:
                raise _Wrong(field, _("“%(name)s” is no secret. Enter it above.", name=name))
            found[name] = value if secret else _read(value)
        return found


class PauseForm(FlaskForm):
    reason = StringField(
        lazy_gettext("Reason"),
        filters=[trimmed],
        validators=required(lazy_gettext("Say why, for those who read it tomorrow."), 500),
    )


class TestForm(FlaskForm):
    """One message to a number of staff's own."""

    to = TelField(
        lazy_gettext("Number"),
        filters=[trimmed],
        validators=[DataRequired(lazy_gettext("Enter a number with its country code."))],
    )
    sender_id = StringField(lazy_gettext("Sender ID"), filters=[trimmed], validators=[at_most(GSM_LIMIT)])
    text = StringField(
        lazy_gettext("Text"),
        filters=[trimmed],
        default=lazy_gettext("A test of this route."),
        validators=[
            DataRequired(lazy_gettext("Write a text.")),
            Length(max=160, message=lazy_gettext("One segment is enough for a test.")),
        ],
    )


class _Wrong(ValidationError):
    """A line of a field that cannot be read."""

    def __init__(self, field: Field, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


_USUAL = RouteValues(name="", gateway="sandbox", rate=10, price_per_segment=1_000)


def _entered(values: RouteValues) -> dict[str, Any]:
    """A route's values as the form's fields take them."""
    shown = {name: getattr(values, name) for name in RouteValues.__dataclass_fields__}
    settings = values.gateway_settings.items()
    return shown | {
        "price_per_segment": credits(values.price_per_segment),
        "prices": "\n".join(
            f"{prefix} = {credits(price)}" for prefix, price in sorted(values.prices.items())
        ),
        "requires_test": "y" if values.requires_test else "n",
        "fallback_route_id": values.fallback_route_id or 0,
        "gateway_settings": "\n".join(f"{name} = {_written(value)}" for name, value in sorted(settings)),
        "allowed_prefixes": ", ".join(values.allowed_prefixes or ()),
        "blocked_prefixes": ", ".join(values.blocked_prefixes),
    }


def _usual_test(channel: str) -> str:
    return "y" if channel == Channel.WHATSAPP else "n"


def _written(value: Any) -> str:
    return value if isinstance(value, str) and _read(value) == value else json.dumps(value)


def _read(text: str) -> Any:
    """A value as JSON where it is JSON (numbers, true, lists), else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _known(kind: str) -> tuple[Setting, ...]:
    try:
        return settings_of(kind)
    except SettingsRefused:
        return ()  # which the field of the gateway says


def _prices(field: Field) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for line in _lines(field.data):
        prefix, sign, price = line.partition("=")
        prefix = prefix.strip().removeprefix("+")
        if not sign or not prefix:
            raise _Wrong(
                field,
                _("Cannot read “%(line)s”. Write a prefix and its price, as in: 61 = 0.9", line=line[:40]),
            )
        if prefix in found:
            raise _Wrong(field, _("The prefix %(prefix)s stands there twice.", prefix=prefix))
        found[prefix] = _price(field, price.strip())
    return found


def _price(field: Field, written: str) -> int:
    try:
        return parse_credits(written)
    except ValueError as problem:
        raise _Wrong(field, str(problem)) from None


def _prefixes(written: str | None) -> tuple[str, ...]:
    parts = re.split(r"[\s,;]+", written or "")
    return tuple(dict.fromkeys(part.removeprefix("+") for part in parts if part))


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]
