"""What staff may enter on a client's pages, and nothing else."""

from __future__ import annotations

import secrets
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length

from app.blueprints.fields import required, trimmed
from app.pricing import credits, parse_credits

ACCESS_WORDS = {
    "route": lazy_gettext("As the route says"),
    "yes": lazy_gettext("Yes"),
    "no": lazy_gettext("No"),
}


class ReasonForm(FlaskForm):
    """Why the account is brought back."""

    reason = StringField(
        lazy_gettext("Reason"),
        filters=[trimmed],
        validators=required(lazy_gettext("Say why."), 500),
    )


class StandingForm(ReasonForm):
    """A destructive act: why, and the account's name typed as proof that it is the one that is meant."""

    typed_name = StringField(
        lazy_gettext("The account’s name"),
        filters=[trimmed],
        validators=[DataRequired(lazy_gettext("Type the name."))],
    )

    def __init__(self, name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._name = name

    def validate_typed_name(self, field: StringField) -> None:
        if field.data.casefold() != self._name.strip().casefold():
            raise ValidationError(
                _("Type %(name)s exactly, to confirm that this is the client you mean.", name=self._name)
            )


class NoteForm(FlaskForm):
    text = TextAreaField(
        lazy_gettext("Note"),
        filters=[trimmed],
        validators=required(lazy_gettext("Write the note."), 2_000),
    )


class AdjustForm(FlaskForm):
    """After `validate`, `millicredits` is the amount with its sign."""

    direction = RadioField(
        lazy_gettext("What to do"),
        choices=[
            SelectChoice("add", lazy_gettext("Add credits")),
            SelectChoice("take", lazy_gettext("Take credits away")),
        ],
        validators=[InputRequired(lazy_gettext("Choose whether to add or to take away."))],
    )
    amount = StringField(
        lazy_gettext("Credits"),
        filters=[trimmed],
        validators=[DataRequired(lazy_gettext("Enter an amount of credits."))],
    )
    reason = StringField(
        lazy_gettext("Reason"),
        filters=[trimmed],
        validators=required(lazy_gettext("Say what it is for. The client reads it in their statement."), 500),
    )
    request_key = HiddenField(
        default=lambda: secrets.token_urlsafe(16), validators=[DataRequired(), Length(max=64)]
    )
    millicredits = 0

    def validate_amount(self, field: StringField) -> None:
        try:
            amount = parse_credits(field.data)
        except ValueError as problem:
            raise ValidationError(str(problem)) from None
        if amount == 0:
            raise ValidationError(_("Enter more than 0 credits."))
        self.millicredits = -amount if self.direction.data == "take" else amount


class PlanForm(FlaskForm):
    """`plan_id` of 0 is the default plan."""

    plan_id = SelectField(
        lazy_gettext("Plan"), coerce=int, validators=[InputRequired(lazy_gettext("Choose a plan."))]
    )


class AccountRouteForm(FlaskForm):
    """One route for one account. After `validate`, `allowed` and `own_price` are as the domain takes them."""

    access = SelectField(
        lazy_gettext("May use it"),
        choices=[SelectChoice(value, words) for value, words in ACCESS_WORDS.items()],
        validators=[InputRequired()],
    )
    price = StringField(lazy_gettext("Own price in credits a segment"), filters=[trimmed])
    own_price: int | None = None

    @property
    def allowed(self) -> bool | None:
        return {"yes": True, "no": False}.get(self.access.data)

    def validate_price(self, field: StringField) -> None:
        try:
            self.own_price = parse_credits(field.data) if field.data else None
        except ValueError as problem:
            raise ValidationError(str(problem)) from None

    @classmethod
    def of(cls, prefix: str, allowed: bool | None, own_price: int | None) -> AccountRouteForm:
        """The form as the account stands."""
        access = "route" if allowed is None else "yes" if allowed else "no"
        price = credits(own_price) if own_price is not None else ""
        return cls(formdata=None, prefix=prefix, access=access, price=price)
