"""Asking for a sender ID."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from app.content.sender_id import GSM_LIMIT


def _trimmed(text: str | None) -> str:
    return (text or "").strip()


class SenderIdForm(FlaskForm):
    """A name and what it is for."""

    name = StringField(
        lazy_gettext("Sender ID"),
        filters=[_trimmed],
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
        filters=[_trimmed],
        validators=[
            DataRequired(
                lazy_gettext("Say whose name it is and what you send by it, so that staff can decide.")
            ),
            Length(max=300, message=lazy_gettext("At most 300 characters. Shorten it.")),
        ],
    )
