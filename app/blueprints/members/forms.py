"""Inviting somebody, changing a role, taking an invitation up."""

from __future__ import annotations

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
from app.models import Role

ROLE_WORDS = {
    Role.OWNER: "Owner: everything, and who is in",
    Role.SENDER: "Sender: writes and sends messages",
    Role.VIEWER: "Viewer: reads, changes nothing",
    Role.BILLING: "Billing: tops up and reads the statement",
}
_CHOICES = [SelectChoice(role.value, words) for role, words in ROLE_WORDS.items()]


def trimmed(text: str | None) -> str:
    return (text or "").strip()


class InviteForm(FlaskForm):
    email = EmailField(
        "E-mail", filters=[trimmed], validators=[DataRequired("Enter their e-mail address."), Length(max=254)]
    )
    role = RadioField(
        "Role", choices=_CHOICES, default=Role.SENDER.value, validators=[InputRequired("Choose a role.")]
    )


class RoleForm(FlaskForm):
    role = SelectField("Role", choices=_CHOICES, validators=[InputRequired("Choose a role.")])


class JoinForm(FlaskForm):
    """`terms_version` is the version that was shown beside the box."""

    name = name_field("Your name", "Enter your name.")
    password = PasswordField(
        "Password",
        validators=[InputRequired("Choose a password."), Length(max=1_000, message="That is too long.")],
    )
    again = PasswordField(
        "The password again", validators=[EqualTo("password", "The two passwords differ. Enter both again.")]
    )
    terms_version = HiddenField(validators=[InputRequired(), Length(max=32)])
    accept = BooleanField(
        "I accept the terms and conditions", validators=[DataRequired("Accept the terms to go on.")]
    )
