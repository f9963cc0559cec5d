"""Inviting somebody, changing a role, taking an invitation up."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
)
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length

from app.blueprints.auth.forms import name_field
from app.blueprints.fields import required, trimmed
from app.models import Role

ROLE_WORDS = {
    Role.OWNER: lazy_gettext("Owner: everything, and who is in"),
    Role.SENDER: lazy_gettext("Sender: writes and sends messages"),
    Role.VIEWER: lazy_gettext("Viewer: reads, changes nothing"),
    Role.BILLING: lazy_gettext("Billing: tops up and reads the statement"),
}
_CHOICES = [SelectChoice(role.value, words) for role, words in ROLE_WORDS.items()]


class InviteForm(FlaskForm):
    email = EmailField(
        lazy_gettext("E-mail"),
        filters=[trimmed],
        validators=required(lazy_gettext("Enter their e-mail address."), 254),
    )
    role = RadioField(
        lazy_gettext("Role"),
        choices=_CHOICES,
        default=Role.SENDER.value,
        validators=[InputRequired(lazy_gettext("Choose a role."))],
    )


class RoleForm(FlaskForm):
    role = SelectField(
        lazy_gettext("Role"), choices=_CHOICES, validators=[InputRequired(lazy_gettext("Choose a role."))]
    )


class JoinForm(FlaskForm):
    """`terms_version` is the version that was shown beside the box."""

    name = name_field(lazy_gettext("Your name"), lazy_gettext("Enter your name."))
    password = PasswordField(
        lazy_gettext("Password"),
        validators=[
            InputRequired(lazy_gettext("Choose a password.")),
            Length(max=1_000, message=lazy_gettext("That is too long.")),
        ],
    )
    again = PasswordField(
        lazy_gettext("The password again"),
        validators=[EqualTo("password", lazy_gettext("The two passwords differ. Enter both again."))],
    )
    terms_version = HiddenField(validators=[InputRequired(), Length(max=32)])
    accept = BooleanField(
        lazy_gettext("I accept the terms and conditions"),
        validators=[DataRequired(lazy_gettext("Accept the terms to go on."))],
    )
