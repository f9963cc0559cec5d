"""Asking to leave."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired

from app.blueprints.fields import at_most


class LeaveForm(FlaskForm):
    typed_name = StringField(
        lazy_gettext("The account’s name"),
        validators=[DataRequired(lazy_gettext("Type the account’s name.")), at_most(200)],
    )
