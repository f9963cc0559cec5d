"""Forms for suppression lists."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from app.blueprints.fields import one_line
from app.blueprints.lists.forms import StoredFileForm
from app.lists.suppression import LONGEST_NOTE

_MOST_POSTED = 200_000


def note_field(id: str) -> StringField:
    """Why these numbers are suppressed; `id` sets two on one page apart."""
    return StringField(
        lazy_gettext("Note"),
        id=id,
        filters=[one_line],
        validators=[
            Length(
                max=LONGEST_NOTE,
                message=lazy_gettext(
                    "The note has more than %(longest_note)s characters.", longest_note=LONGEST_NOTE
                ),
            )
        ],
    )


class AddForm(FlaskForm):
    """One number, or many pasted."""

    numbers = TextAreaField(
        lazy_gettext("Numbers"),
        validators=[
            DataRequired(
                lazy_gettext("Enter at least one number with its country code, as in +61412345678.")
            ),
            Length(max=_MOST_POSTED, message=lazy_gettext("This is too much to paste. Upload it as a file.")),
        ],
    )
    note = note_field("add-note")


class FileForm(StoredFileForm):
    note = note_field("file-note")


class RemoveForm(FlaskForm):
    """Only the token: which number is in the address."""
