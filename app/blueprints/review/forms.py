"""The terms step."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField
from wtforms.validators import DataRequired, InputRequired, Length


class SubmitForm(FlaskForm):
    """`check_run` is the check whose result was shown, `terms_version` the terms that were: nothing is accepted
    unseen."""

    check_run = IntegerField(validators=[InputRequired()])
    terms_version = HiddenField(validators=[InputRequired(), Length(max=32)])
    accept = BooleanField(
        "I have read the terms and accept them for this task",
        validators=[DataRequired("Accept the terms to submit this task.")],
    )


class HeadingForm(FlaskForm):
    """Whether row 1 is a recipient as well."""

    include = BooleanField()
