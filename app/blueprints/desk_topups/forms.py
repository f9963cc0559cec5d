"""Forms of the finance desk."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional

from app.blueprints.fields import at_most
from app.pricing import parse_credits
from app.topups.plans import PlanText
from app.topups.prices import Tier, read_price

_MOST_REASON = 400
TIER_ROWS = 8

# What a client can do about it stands in every one of them.
READY_REASONS = {
    "": lazy_gettext("Choose, or write your own below"),
    "unreadable": lazy_gettext(
        "The receipt cannot be read. Upload a sharper picture, or the PDF from your bank."
    ),
    "not-arrived": lazy_gettext(
        "The transfer has not reached our account. Once your bank has sent it, upload the receipt again."
    ),
    "amount": lazy_gettext(
        "The amount on the receipt is not the price of this top-up. Transfer the rest, and "
        "upload both receipts in one picture."
    ),
    "reference": lazy_gettext(
        "The receipt shows another reference. Upload the receipt of the transfer with this one."
    ),
    "used": lazy_gettext("This receipt was used for an earlier top-up. Upload the receipt of this transfer."),
    "not-receipt": lazy_gettext("The file shows no transfer. Upload the receipt that your bank gave you."),
}


class CreditsField(StringField):
    """Credits as people write them; `millicredits` holds them once the form is valid."""

    millicredits: int = 0

    def post_validate(self, form: object, validation_stopped: bool) -> None:
        if validation_stopped:
            return
        try:
            self.millicredits = parse_credits(self.data or "")
        except ValueError as error:
            raise ValidationError(str(error)) from None


class _Decision(FlaskForm):
    """`seen` is the hash of the receipt that was on the page."""

    seen = HiddenField()


class ApproveForm(_Decision):
    amount = CreditsField(
        lazy_gettext("Credits to add"), [InputRequired(lazy_gettext("Enter the credits to add."))]
    )
    reason = TextAreaField(
        lazy_gettext("Why the amount differs"),
        [Optional(), at_most(_MOST_REASON)],
    )


class ConfirmForm(_Decision):
    """Only a token and what was seen: the second person changes nothing."""


class RejectForm(_Decision):
    ready = SelectField(
        lazy_gettext("A ready reason"),
        choices=[SelectChoice(name, words) for name, words in READY_REASONS.items()],
    )
    words = TextAreaField(
        lazy_gettext("Or your own words"),
        [at_most(_MOST_REASON)],  # not Optional, which would end the checks before `validate_words`
    )

    @property
    def reason(self) -> str:
        """The chosen reason and the staff's own words, as the client reads them."""
        ready = READY_REASONS[self.ready.data] if self.ready.data else ""
        return " ".join(f"{ready} {(self.words.data or '').strip()}".split())[:500]

    def validate_words(self, field: TextAreaField) -> None:
        if not self.ready.data and not (field.data or "").strip():
            raise ValidationError(_("Choose a reason or write one, so that the client knows what to do."))


class SendBackForm(FlaskForm):
    words = TextAreaField(
        lazy_gettext("Why it goes back to the queue"),
        [InputRequired(lazy_gettext("Say why, so that whoever looks next knows.")), at_most(_MOST_REASON)],
    )


class TierForm(Form):
    """One row of a price list; both empty: no tier."""

    from_credits = StringField(lazy_gettext("From credits"), [at_most(12)])
    price = StringField(lazy_gettext("Price of a credit"), [at_most(12)])


class PlanForm(FlaskForm):
    name = StringField(
        lazy_gettext("Name"),
        [
            InputRequired(lazy_gettext("Give the plan a name.")),
            at_most(100),
        ],
    )
    description = StringField(
        lazy_gettext("What it is for"),
        [Optional(), at_most(500)],
    )
    currency = StringField(
        lazy_gettext("Currency"),
        [
            InputRequired(lazy_gettext("Enter a currency, such as AUD.")),
            Length(3, 3, lazy_gettext("The currency is its code of three capital letters, such as AUD.")),
        ],
    )
    tiers = FieldList(FormField(TierForm), min_entries=TIER_ROWS, max_entries=TIER_ROWS)
    is_default = BooleanField(lazy_gettext("The plan of accounts that have none of their own"))
    open = BooleanField(lazy_gettext("Open to every account"))

    read_tiers: tuple[Tier, ...] = ()

    def validate_tiers(self, field: FieldList) -> None:
        found = []
        for number, row in enumerate(field, start=1):
            size, price = row.from_credits.data or "", row.price.data or ""
            if not size.strip() and not price.strip():
                continue
            digits = size.strip().replace(",", "").replace(" ", "")
            if not (digits.isascii() and digits.isdigit()):
                raise ValidationError(
                    _("Row %(number)s: write the whole credits it begins at, such as 1000.", number=number)
                )
            try:
                found.append(Tier(int(digits), read_price(price)))
            except ValueError as error:
                raise ValidationError(_("Row %(number)s: %(error)s", number=number, error=error)) from None
        self.read_tiers = tuple(found)

    def text(self) -> PlanText:
        """The price list as it was written; to be asked once the form is valid."""
        return PlanText(
            name=" ".join((self.name.data or "").split()),
            description=(self.description.data or "").strip(),
            currency=(self.currency.data or "").strip().upper(),
            is_default=bool(self.is_default.data),
            open=bool(self.open.data),
            tiers=self.read_tiers,
        )


class BankDetailsForm(FlaskForm):
    bank_details = TextAreaField(
        lazy_gettext("Bank details"),
        [InputRequired(lazy_gettext("Enter where clients transfer to.")), at_most(2_000)],
    )


class LimitsForm(FlaskForm):
    top_ups = CreditsField(
        lazy_gettext("Top-ups above (credits)"),
        [InputRequired(lazy_gettext("Enter a limit; 0 means every top-up."))],
    )
    top_ups_a_day = CreditsField(
        lazy_gettext("Top-ups of all clients above, in a day (credits)"),
        [InputRequired(lazy_gettext("Enter a limit; 0 means every top-up."))],
    )
    adjustments = CreditsField(
        lazy_gettext("Adjustments above (credits)"),
        [InputRequired(lazy_gettext("Enter a limit; 0 means every correction."))],
    )
