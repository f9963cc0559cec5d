"""Opening a ticket, and writing on in one."""

from __future__ import annotations

from collections.abc import Sequence

from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from app.models import Task
from app.support.tickets import LONGEST_SUBJECT, LONGEST_TEXT

_MOST_TYPED = 2_000


def _tidied(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").strip()


class TicketForm(FlaskForm):
    """Call `offer` with the account's tasks before use."""

    subject = StringField(
        "Subject",
        filters=[_tidied],
        validators=[
            DataRequired("Say in a few words what it is about."),
            Length(max=LONGEST_SUBJECT, message=f"At most {LONGEST_SUBJECT} characters. Shorten it."),
        ],
    )
    text = TextAreaField(
        "What happened",
        filters=[_tidied],
        validators=[
            DataRequired("Say what happened, and what you expected instead."),
            Length(max=LONGEST_TEXT, message=f"At most {LONGEST_TEXT:,} characters. Shorten it."),
        ],
    )
    task = SelectField("Task", validate_choice=False)
    numbers = TextAreaField(
        "Sample numbers",
        filters=[_tidied],
        validators=[Length(max=_MOST_TYPED, message="That is too much. A few numbers are enough.")],
    )

    def offer(self, tasks: Sequence[Task], chosen: str | None) -> None:
        """Let the client choose among these tasks."""
        self.task.choices = [("", "No task in particular"), *((task.public_id, task.name) for task in tasks)]
        if self.task.data is None:
            self.task.data = chosen or ""


class PostForm(FlaskForm):
    """`seen` is the newest post that the page showed."""

    text = TextAreaField(
        "Your answer",
        filters=[_tidied],
        validators=[
            DataRequired("Write something first."),
            Length(max=LONGEST_TEXT, message=f"At most {LONGEST_TEXT:,} characters. Shorten it."),
        ],
    )
    seen = IntegerField(validators=[InputRequired()])
