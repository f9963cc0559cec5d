"""Opening a ticket, and writing on in one."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.blueprints.fields import required, trimmed
from app.models import Task
from app.support.tickets import LONGEST_SUBJECT, LONGEST_TEXT

_MOST_TYPED = 2_000


class TicketForm(FlaskForm):
    """Call `offer` with the account's tasks before use."""

    subject = StringField(
        lazy_gettext("Subject"),
        filters=[trimmed],
        validators=required(lazy_gettext("Say in a few words what it is about."), LONGEST_SUBJECT),
    )
    text = TextAreaField(
        lazy_gettext("What happened"),
        filters=[trimmed],
        validators=required(lazy_gettext("Say what happened, and what you expected instead."), LONGEST_TEXT),
    )
    task = SelectField(lazy_gettext("Task"), validate_choice=False)
    numbers = TextAreaField(
        lazy_gettext("Sample numbers"),
        filters=[trimmed],
        validators=[
            Length(max=_MOST_TYPED, message=lazy_gettext("That is too much. A few numbers are enough."))
        ],
    )

    def offer(self, tasks: Sequence[Task], chosen: str | None) -> None:
        """Let the client choose among these tasks."""
        self.task.choices = [
            ("", _("No task in particular")),
            *((task.public_id, task.name) for task in tasks),
        ]
        if self.task.data is None:
            self.task.data = chosen or ""


class PostForm(FlaskForm):
    """`seen` is the newest post that the page showed."""

    text = TextAreaField(
        lazy_gettext("Your answer"),
        filters=[trimmed],
        validators=required(lazy_gettext("Write something first."), LONGEST_TEXT),
    )
    seen = IntegerField(validators=[InputRequired()])
