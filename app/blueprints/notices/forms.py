"""The form that marks notices as read."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from app.models.base import LARGEST_KEY


class ReadAllForm(FlaskForm):
    """`up_to` is the newest notice that the page showed."""

    up_to = IntegerField(validators=[InputRequired(), NumberRange(1, LARGEST_KEY)])
