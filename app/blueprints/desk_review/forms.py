"""Why a task is rejected, or a client suspended."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from app.moderation.review_queue import LONGEST_REASON

_TOO_LONG = lazy_gettext("At most %(longest)s characters. Shorten it.", longest=LONGEST_REASON)


class RejectForm(FlaskForm):
    """The client reads the reason, so it should say what to change."""

    reason = TextAreaField(
        lazy_gettext("Reason for the client"),
        validators=[
            DataRequired(lazy_gettext("Say why, in words that the client can act on.")),
            Length(max=LONGEST_REASON, message=_TOO_LONG),
        ],
    )


class SuspendForm(FlaskForm):
    """The client's people read the reason when they try to sign in."""

    suspend_reason = TextAreaField(
        lazy_gettext("Reason for the client"),
        validators=[
            DataRequired(lazy_gettext("Say why; the client's people read it when they sign in.")),
            Length(max=LONGEST_REASON, message=_TOO_LONG),
        ],
    )
