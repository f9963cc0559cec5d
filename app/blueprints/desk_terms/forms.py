"""A draft of the terms."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField

from app.blueprints.fields import required, trimmed


class DraftForm(FlaskForm):
    version = StringField(
        lazy_gettext("Version"),
        filters=[trimmed],
        validators=required(lazy_gettext("Name the version, such as 2027-01."), 32),
    )
    text = TextAreaField(
        lazy_gettext("Text"),
        filters=[trimmed],
        validators=required(lazy_gettext("Write the text."), 60_000),
    )
