"""The fields that every message has, whoever it goes to."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length

from app import language
from app.blueprints.compose.schedule import zone_name
from app.blueprints.compose.starting import Note, StartingFields
from app.blueprints.compose.times import TimeFields, wall_time
from app.blueprints.fields import line_feeds, trimmed
from app.clock import now
from app.content.findings import Finding, Severity
from app.content.merge import fields_in
from app.content.template_body import ValuesMissing, fill_body
from app.language import gettext as _
from app.models import Channel, Route, Task, WhatsAppTemplate
from app.sending.drafting.drafts import DraftRequest, Source
from app.sending.drafting.preview import Preview
from app.web_context import segment_price

_PAGE_ORDER = {
    name: place
    for place, name in enumerate(
        (
            "route_id",
            "name",
            "sender_id",
            "recipients",
            "file",
            "template_id",
            "template_values",
            "content",
            "when",
            "scheduled_for",
            "send_until",
        )
    )
}
_SHOWN_FINDINGS = 5
_LONGEST_EXCERPT = 30
_MOST_POSTED = 20_000  # beyond any message; the rules name the real limit


def new_submission_key() -> str:
    """A name for one filling of the form, so that sending it twice makes one task."""
    return secrets.token_urlsafe(16)


def route_number(value: Any) -> int | None:
    """The route's id that a form sent; None for anything else, which is then no open route."""
    return int(value) if str(value).isdecimal() else None


class ComposeForm(StartingFields, TimeFields, FlaskForm):
    """Call `prepare` before use. After `validate`, `scheduled_at` is the moment (UTC) or None for now, `send_before`
    the moment after which the rest is released, or None.
    """

    route_id = SelectField(
        lazy_gettext("Route"),
        coerce=route_number,
        validate_choice=False,
        validators=[InputRequired(lazy_gettext("Choose a route."))],
    )
    sender_id = StringField(lazy_gettext("Sender ID"), filters=[trimmed])
    name = StringField(
        lazy_gettext("Task name"),
        filters=[trimmed],
        validators=[
            DataRequired(lazy_gettext("Name the task, so that you find it again in the records.")),
            Length(max=100, message=lazy_gettext("The name has more than 100 characters. Shorten it.")),
        ],
    )
    content = TextAreaField(
        lazy_gettext("Message"),
        filters=[line_feeds],
        validators=[
            DataRequired(lazy_gettext("Write the message.")),
            Length(max=_MOST_POSTED, message=lazy_gettext("This is far too long for a message. Shorten it.")),
        ],
    )
    when = RadioField(
        lazy_gettext("When to send"),
        choices=[
            SelectChoice("now", lazy_gettext("Now, as soon as you accept")),
            SelectChoice("later", lazy_gettext("At a set time")),
        ],
        default="now",
        validate_choice=False,
    )
    submission_key = HiddenField(default=new_submission_key, validators=[Length(max=64)])
    template_id = SelectField(lazy_gettext("WhatsApp template"), coerce=route_number, validate_choice=False)
    template_values = TextAreaField(lazy_gettext("Values of its variables"), filters=[line_feeds])
    only_check = BooleanField()
    tidy = BooleanField()

    kind_words = lazy_gettext("Bulk message")

    zone: ZoneInfo
    routes: dict[int, Route]
    templates: dict[int, WhatsAppTemplate]
    own_prices: Mapping[int, int]
    form_errors: list[str]
    notes: Sequence[Note] = ()

    def __iter__(self) -> Iterator[Field]:
        """The fields as the page has them from top to bottom, so that the error summary follows it."""
        return iter(sorted(super().__iter__(), key=lambda field: _PAGE_ORDER.get(field.short_name, 0)))

    def prepare(self, routes: Iterable[Route], own_prices: Mapping[int, int], zone: ZoneInfo) -> None:
        """Offer these routes, some at the account's own price by route id, and read times in this zone."""
        self.zone, self.own_prices = zone, own_prices
        self.routes = {route.id: route for route in routes}
        self.route_id.choices = [
            SelectChoice(
                route.id,
                route_label(route, own_prices.get(route.id)),
                render_kw={
                    "data-takes-sender-id": "yes" if route.takes_sender_id else "no",
                    "data-channel": route.channel,
                },
            )
            for route in self.routes.values()
        ]
        if self.route_id.data not in self.routes and not self.is_submitted():
            self.route_id.data = next(iter(self.routes), None)
        if not self.name.data and not self.is_submitted():
            self.name.data = f"{self.kind_words} {_day_and_time(now().astimezone(zone))}"

    def offer_templates(self, templates: Iterable[WhatsAppTemplate]) -> None:
        """Offer these templates, all approved, for WhatsApp routes."""
        self.templates = {template.id: template for template in templates}
        self.template_id.choices = [
            SelectChoice("", _("None: this is an SMS")),
            *(SelectChoice(each.id, f"{each.name} ({each.language})") for each in self.templates.values()),
        ]

    def fill_template(self) -> None:
        """On a WhatsApp route, write the filled template into the message; what is missing is left in place."""
        template = self.templates.get(self.template_id.data)
        if not self.on_whatsapp or template is None:
            return
        values = self.values_of_template
        known = min(template.variables, len(values))
        filled = [*values[:known], *(f"{{{{{n + 1}}}}}" for n in range(known, template.variables))]
        self.content.data = fill_body(template.body, filled)

    @property
    def on_whatsapp(self) -> bool:
        return self.route is not None and self.route.channel == Channel.WHATSAPP

    @property
    def values_of_template(self) -> tuple[str, ...]:
        """The values, one a line."""
        return tuple(
            line.strip() for line in (self.template_values.data or "").strip().split("\n") if line.strip()
        )

    @property
    def route(self) -> Route | None:
        return self.routes.get(self.route_id.data)

    @property
    def merges(self) -> bool:
        """Whether the text has merge fields, so that each row has a length of its own."""
        return bool(fields_in(self.content.data or ""))

    @property
    def zone_words(self) -> str:
        """The zone that times are read in, with what its clocks show: "Sydney (now 14:05)"."""
        clock = f"{now().astimezone(self.zone):%H:%M}"
        return _("%(zone)s (now %(time)s)", zone=zone_name(self.zone), time=clock)

    def draft_request(self) -> DraftRequest:
        """What the domain is asked for, once the form is valid."""
        return DraftRequest(
            route_id=self.route_id.data,
            name=self.name.data,
            content=self.content.data,
            sender_id=self.sender_id.data or None,
            scheduled_at=self.scheduled_at,
            send_before=self.send_before,
            submission_key=self.submission_key.data,
            template_id=self.template_id.data if self.on_whatsapp else None,
            template_values=self.values_of_template if self.on_whatsapp else (),
        )

    def validate_template_id(self, field: SelectField) -> None:
        if self.on_whatsapp and field.data not in self.templates:
            raise ValidationError(_("Choose an approved template: WhatsApp takes no other text."))

    def validate_template_values(self, field: TextAreaField) -> None:
        template = self.templates.get(self.template_id.data)
        if self.on_whatsapp and template is not None:
            try:
                fill_body(template.body, self.values_of_template)
            except ValuesMissing as missing:
                raise ValidationError(str(missing)) from None

    def validate_route_id(self, field: SelectField) -> None:
        if self.route is None:
            raise ValidationError(_("This route is not open. Choose another."))

    def validate_sender_id(self, field: StringField) -> None:
        if field.data and self.route is not None and not self.route.takes_sender_id:
            raise ValidationError(
                _(
                    "%(name)s does not take a sender ID. Clear it, or choose another route.",
                    name=self.route.name,
                )
            )

    def take_blame(self, shown: Preview) -> None:
        """Put what the preview found on the fields that it concerns."""
        _add(self.content, _objections(shown.findings))
        if not self.sender_id.errors:
            _add(self.sender_id, _objections(shown.sender_id_findings))

    def rows_source(self, task: Task | None) -> Source | None:
        """Where rows to fill the text from can be looked at; None where there are none."""
        return None

    def keep_file(self) -> None:
        """Keep a file that came with the form, also when the form is not to be sent yet."""

    def could_take_recipients(self, task: Task) -> bool:
        """Whether this form can write to the recipients of an earlier task."""
        return False

    def take_recipients(self, task: Task) -> Note:
        """Write to the recipients of an earlier task; what was done, in words."""
        return Note(_("Its recipients cannot be copied: give them below."))

    def refuse_recipients(self, message: str) -> None:
        """Keep a refusal of the recipients as a whole; a form that has a field for them puts it there."""
        self.refuse(message)

    def refuse(self, message: str) -> None:
        """Keep the domain's refusal for the summary above the form."""
        self.form_errors = [*self.form_errors, message]


def task_values(task: Task, zone: ZoneInfo) -> dict[str, Any]:
    """A draft's values, as the form's fields take them."""
    at = task.scheduled_at
    return {
        "route_id": task.route_id,
        "sender_id": task.sender_id or "",
        "name": task.name,
        "content": task.content,
        "when": "later" if at else "now",
        "scheduled_for": wall_time(at, zone),
        "send_until": wall_time(task.send_before, zone),
        "submission_key": task.submission_key,
        "template_id": task.template_id,
        "template_values": "\n".join(task.template_values or []),
    }


def route_label(route: Route, own_price: int | None = None) -> str:
    """The route with what matters in choosing it: its price, its smallest task, whether it takes a sender ID."""
    prices = sorted({route.price_per_segment, *(price.price_per_segment for price in route.prices)})
    if own_price is not None:
        prices = [own_price]
    lowest, highest = (segment_price(amount) for amount in (prices[0], prices[-1]))
    said = [
        route.name,
        _("%(price)s credits a segment", price=lowest)
        if lowest == highest
        else _("%(lowest)s to %(highest)s credits a segment", lowest=lowest, highest=highest),
        _("takes a sender ID") if route.takes_sender_id else _("no sender ID"),
    ]
    if route.minimum_recipients > 1:
        said.append(_("from %(least)s recipients", least=language.thousands(route.minimum_recipients)))
    return " · ".join(said)


def _day_and_time(moment: datetime) -> str:
    return f"{moment.day} {language.day_words(moment, '%b, %H:%M')}"


def _add(field: Any, messages: Sequence[str]) -> None:
    if messages:
        field.errors = [*field.errors, *messages]


def _objections(findings: Sequence[Finding]) -> list[str]:
    """The refusing findings in one sentence; the preview below the field has each with its advice."""
    blocking = [finding for finding in findings if finding.severity is Severity.BLOCK]
    if not blocking:
        return []
    if len(blocking) == 1:
        return [f"{blocking[0].message} {blocking[0].advice}"]
    places = list(dict.fromkeys(f"“{_cut(finding.excerpt.strip())}”" for finding in blocking))
    named = ", ".join(places[:_SHOWN_FINDINGS])
    if len(places) > _SHOWN_FINDINGS:
        named = _("%(named)s and more", named=named)
    return [
        _(
            "%(blocking)s places are not allowed, marked below: %(named)s.",
            blocking=len(blocking),
            named=named,
        )
    ]


def _cut(excerpt: str) -> str:
    return excerpt if len(excerpt) <= _LONGEST_EXCERPT else excerpt[:_LONGEST_EXCERPT] + "…"
