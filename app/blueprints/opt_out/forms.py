"""The one field of the opt-out page."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length


class OptOutForm(FlaskForm):
    number = StringField(
        "Your mobile number",
        validators=[
            DataRequired("Enter your number with its country code, as in +61412345678."),
            Length(max=40, message="That is too long for a number."),
        ],
    )
