"""Forms of the client's money pages."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, IntegerField, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.blueprints.fields import at_most
from app.language import thousands
from app.pricing import MILLICREDITS, parse_credits
from app.topups.prices import MOST_CREDITS


class WholeCredits(IntegerField):
    """An amount of whole credits; thousands may be written with commas or spaces."""

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            written = valuelist[0].strip().replace(",", "").replace(" ", "")
            if not (written.isascii() and written.isdigit() and len(written) <= 12):
                self.data = None
                raise ValueError(_("Write whole credits as digits, such as 5000."))
            self.data = int(written)


class AmountForm(FlaskForm):
    """Asks for a price, by GET: nothing changes, so it needs no token."""

    class Meta:
        csrf = False

    credits = WholeCredits(
        lazy_gettext("Credits"),
        [
            InputRequired(lazy_gettext("Enter how many credits you want.")),
            NumberRange(
                1,
                MOST_CREDITS,
                message=lazy_gettext(
                    "Enter between 1 and %(most_credits)s credits.", most_credits=thousands(MOST_CREDITS)
                ),
            ),
        ],
    )
    plan = SelectField(lazy_gettext("Plan"), coerce=int, validate_choice=False)


class StartForm(FlaskForm):
    """What was shown: the server works the price out again, and asks again where it differs."""

    credits = WholeCredits(lazy_gettext("Credits"), [InputRequired(), NumberRange(1, MOST_CREDITS)])
    plan = IntegerField(lazy_gettext("Plan"), [InputRequired()])
    shown_total = IntegerField(lazy_gettext("Price"), [InputRequired()])


class ReceiptForm(FlaskForm):
    receipt = FileField(
        lazy_gettext("Receipt"), [FileRequired(lazy_gettext("Choose the receipt of your transfer."))]
    )
    bank_reference = StringField(
        lazy_gettext("The bank's number of the transfer"),
        [Optional(), at_most(60)],
    )


class AlertForm(FlaskForm):
    """`low_balance` is in credits as people write them; nothing written means no alert."""

    low_balance = StringField(
        lazy_gettext("Warn below (credits)"), [Length(max=20, message=lazy_gettext("That is too long."))]
    )
    mark: int | None = None

    def validate_low_balance(self, field: StringField) -> None:
        written = (field.data or "").strip()
        if not written:
            return
        try:
            self.mark = parse_credits(written)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        if self.mark > MOST_CREDITS * MILLICREDITS:
            raise ValidationError(
                _("At most %(most_credits)s credits.", most_credits=thousands(MOST_CREDITS))
            )
        self.mark = self.mark or None


class CancelForm(FlaskForm):
    """Only a token."""

    really = HiddenField()


def first_errors(form: Any) -> str:
    """A form's errors in one line, for pages that show the form elsewhere."""
    return " ".join(str(message) for messages in form.errors.values() for message in messages)
