"""Asking for a sender ID."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from app.blueprints.fields import required, trimmed
from app.content.sender_id import GSM_LIMIT


class SenderIdForm(FlaskForm):
    """A name and what it is for."""

    name = StringField(
        lazy_gettext("Sender ID"),
        filters=[trimmed],
        validators=[
            DataRequired(lazy_gettext("Enter the name that your messages should come from.")),
            Length(
                max=GSM_LIMIT,
                message=lazy_gettext(
                    "A sender ID has at most %(gsm_limit)s characters.", gsm_limit=GSM_LIMIT
                ),
            ),
        ],
    )
    purpose = TextAreaField(
        lazy_gettext("What it is for"),
        filters=[trimmed],
        validators=required(
            lazy_gettext("Say whose name it is and what you send by it, so that staff can decide."), 300
        ),
    )
