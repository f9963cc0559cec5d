"""Our own people, and alerts."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import EmailField, SelectChoice, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from app.models import Role

_CHOICES = [
    SelectChoice(Role.SUPPORT.value, "Support: reads, answers tickets"),
    SelectChoice(Role.FINANCE.value, "Finance: top-ups and balances"),
    SelectChoice(Role.OPERATOR.value, "Operator: routes, rules, review"),
    SelectChoice(Role.ADMIN.value, "Admin: everything"),
]


def trimmed(text: str | None) -> str:
    return (text or "").strip()


class PersonForm(FlaskForm):
    email = EmailField(
        "E-mail", filters=[trimmed], validators=[DataRequired("Enter their e-mail address."), Length(max=254)]
    )
    name = StringField(
        "Name", filters=[trimmed], validators=[DataRequired("Enter their name."), Length(max=200)]
    )
    role = SelectField("Role", choices=_CHOICES, validators=[InputRequired("Choose a role.")])


class RoleForm(FlaskForm):
    role = SelectField("Role", choices=_CHOICES, validators=[InputRequired("Choose a role.")])


class NoteForm(FlaskForm):
    note = StringField(
        "What was done",
        filters=[trimmed],
        validators=[
            DataRequired("Write what was done about it, or why nothing is to be done."),
            Length(max=500, message="Use at most 500 characters."),
        ],
    )
