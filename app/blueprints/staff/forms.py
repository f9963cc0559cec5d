"""Our own people, and alerts."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import EmailField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired

from app.blueprints.fields import required, trimmed
from app.models import Role

_CHOICES = [
    SelectChoice(Role.SUPPORT.value, lazy_gettext("Support: reads, answers tickets")),
    SelectChoice(Role.FINANCE.value, lazy_gettext("Finance: top-ups and balances")),
    SelectChoice(Role.OPERATOR.value, lazy_gettext("Operator: routes, rules, review")),
    SelectChoice(Role.ADMIN.value, lazy_gettext("Admin: everything")),
]


class PersonForm(FlaskForm):
    email = EmailField(
        lazy_gettext("E-mail"),
        filters=[trimmed],
        validators=required(lazy_gettext("Enter their e-mail address."), 254),
    )
    name = StringField(
        lazy_gettext("Name"),
        filters=[trimmed],
        validators=required(lazy_gettext("Enter their name."), 200),
    )
    role = SelectField(
        lazy_gettext("Role"), choices=_CHOICES, validators=[InputRequired(lazy_gettext("Choose a role."))]
    )


class RoleForm(FlaskForm):
    role = SelectField(
        lazy_gettext("Role"), choices=_CHOICES, validators=[InputRequired(lazy_gettext("Choose a role."))]
    )


class NoteForm(FlaskForm):
    note = StringField(
        lazy_gettext("What was done"),
        filters=[trimmed],
        validators=required(lazy_gettext("Write what was done about it, or why nothing is to be done."), 500),
    )
