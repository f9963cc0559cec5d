"""The terms step."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField
from wtforms.validators import DataRequired, InputRequired


class SubmitForm(FlaskForm):
    """`check_run` is the check whose result was shown: a price is never accepted unseen."""

    check_run = IntegerField(validators=[InputRequired()])
    accept = BooleanField(
        "I have read the terms and accept them for this task",
        validators=[DataRequired("Accept the terms to submit this task.")],
    )


class HeadingForm(FlaskForm):
    """Whether row 1 is a recipient as well."""

    include = BooleanField()
