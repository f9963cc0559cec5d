"""The security page's forms. What changes a sign-in asks for the present password again."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.validators import InputRequired

from app.blueprints.auth.forms import email_field, password_field, phone_field

_PRESENT = lazy_gettext("Your present password")


class ConfirmedForm(FlaskForm):
    """A form that only asks for the password again."""

    present = password_field(_PRESENT, lazy_gettext("Enter your present password."))


class ChangePasswordForm(ConfirmedForm):
    password = password_field(lazy_gettext("New password"), lazy_gettext("Choose a password."))


class ChangeEmailForm(ConfirmedForm):
    email = email_field(lazy_gettext("New e-mail"))


class ChangePhoneForm(ConfirmedForm):
    phone = phone_field(lazy_gettext("New mobile phone"))


class TimeZoneForm(FlaskForm):
    """Its choices are set by the view."""

    zone = SelectField(lazy_gettext("Time zone"), validators=[InputRequired()])
