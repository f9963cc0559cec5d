"""The forms of signing in, registering and choosing a password."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    PasswordField,
    StringField,
    TelField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from app.accounts.passwords import LONGEST_TYPED
from app.accounts.people import holds_an_address, tidy_name
from app.recipients.numbers import NumberRules, read_number
from app.recipients.writing import NumberRejected

_EMAIL = r"^\s*[^@\s<>\",;:\\()\[\]]{1,64}@[\w-]+(\.[\w-]+)*\.[\w-]{2,63}\s*$"


def email_field(words: str = lazy_gettext("E-mail")) -> EmailField:
    """An address: of the shape that mail servers take, no more (a letter will prove the rest)."""
    return EmailField(
        words,
        [
            InputRequired(lazy_gettext("Enter your e-mail address.")),
            Length(max=254, message=lazy_gettext("That is too long for an e-mail address.")),
            Regexp(_EMAIL, message=lazy_gettext("Enter a whole e-mail address, such as ana@example.com.")),
        ],
    )


def no_address(form: Any, field: StringField) -> None:
    """Refuses a name that carries a link."""
    if holds_an_address(field.data or ""):
        raise ValidationError(_("Leave web and e-mail addresses out of the name."))


def name_field(words: str, missing: str) -> StringField:
    """A person's or company's name, on one line and without links."""
    return StringField(
        words,
        filters=[tidy_name],
        validators=[
            DataRequired(missing),
            Length(max=200, message=lazy_gettext("That is too long for a name.")),
            no_address,
        ],
    )


def password_field(
    words: str = lazy_gettext("Password"), missing: str = lazy_gettext("Enter your password.")
) -> PasswordField:
    return PasswordField(
        words,
        [
            InputRequired(missing),
            Length(max=LONGEST_TYPED, message=lazy_gettext("That is too long for a password.")),
        ],
    )


def code_field(words: str = lazy_gettext("Code")) -> StringField:
    return StringField(
        words,
        [
            InputRequired(lazy_gettext("Enter the code.")),
            Length(max=40, message=lazy_gettext("That is too long for a code.")),
        ],
    )


class PhoneField(TelField):
    """A mobile number with its full country code; `data` is E.164 once it has validated."""

    data: Any

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        if validation_stopped or not self.data:
            return
        try:
            self.data = read_number(self.data, NumberRules()).e164
        except NumberRejected as rejection:
            raise ValidationError(rejection.message) from None


def phone_field(words: str = lazy_gettext("Mobile phone")) -> PhoneField:
    return PhoneField(
        words,
        [
            InputRequired(lazy_gettext("Enter your mobile phone's number, with its country code.")),
            Length(max=40, message=lazy_gettext("That is too long for a phone number.")),
        ],
    )


class SignInForm(FlaskForm):
    email = EmailField(
        lazy_gettext("E-mail"),
        [
            InputRequired(lazy_gettext("Enter your e-mail address.")),
            Length(max=254, message=lazy_gettext("That is too long for an e-mail address.")),
        ],
    )
    password = password_field()
    accept_terms = BooleanField(
        lazy_gettext("I accept the terms and conditions"),
        [InputRequired(lazy_gettext("Accept the terms and conditions to sign in."))],
    )
    terms_version = HiddenField(validators=[Optional(), Length(max=32)])


class CodeForm(FlaskForm):
    code = code_field()


class RegisterForm(FlaskForm):
    name = name_field(lazy_gettext("Your name"), lazy_gettext("Enter your name."))
    company = name_field(lazy_gettext("Company"), lazy_gettext("Enter your company's name."))
    email = email_field()
    phone = phone_field()
    password = password_field(missing=lazy_gettext("Choose a password."))


class StartOverForm(RegisterForm):
    """The same, for an address that a link has proved."""

    email = None


class ConfirmForm(FlaskForm):
    """The password that was chosen with the address: its mailbox alone does not tell who chose it."""

    password = password_field(missing=lazy_gettext("Enter the password that you chose when you registered."))


class EmailForm(FlaskForm):
    email = email_field()


class PhoneForm(FlaskForm):
    phone = phone_field()


class NewPasswordForm(FlaskForm):
    password = password_field(lazy_gettext("New password"), missing=lazy_gettext("Choose a password."))


class PressForm(FlaskForm):
    """A form of one button."""
