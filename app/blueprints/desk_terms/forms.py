"""A draft of the terms."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length


def trimmed(text: str | None) -> str:
    return (text or "").strip()


class DraftForm(FlaskForm):
    version = StringField(
        lazy_gettext("Version"),
        filters=[trimmed],
        validators=[DataRequired(lazy_gettext("Name the version, such as 2027-01.")), Length(max=32)],
    )
    text = TextAreaField(
        lazy_gettext("Text"),
        filters=[trimmed],
        validators=[
            DataRequired(lazy_gettext("Write the text.")),
            Length(max=60_000, message=lazy_gettext("Use at most 60,000 characters.")),
        ],
    )
