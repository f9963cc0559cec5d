"""The one field of the opt-out page."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length


class OptOutForm(FlaskForm):
    number = StringField(
        lazy_gettext("Your mobile number"),
        validators=[
            DataRequired(lazy_gettext("Enter your number with its country code, as in +61412345678.")),
            Length(max=40, message=lazy_gettext("That is too long for a number.")),
        ],
    )
