"""What a list's page sends along when it is wanted as a file: its own filter, in the words of its address."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField
from wtforms.validators import Length, Optional, ValidationError

from app.exports.wishes import FILE_TYPES, Wish
from app.models import ExportKind
from app.records.history import tidy_number
from app.records.messages import STATUS_FILTERS
from app.records.tasks import STATE_FILTERS


class ExportForm(FlaskForm):
    """`first` and `last` are days; every other field but the type of the file may be empty."""

    file_type = SelectField(lazy_gettext("File"), choices=["csv", "xlsx", "zip"])
    first = DateField(lazy_gettext("From"), validators=[Optional()])
    last = DateField(lazy_gettext("To"), validators=[Optional()])
    number = StringField(lazy_gettext("Number"), validators=[Length(max=40)])
    task = StringField(lazy_gettext("Task"), validators=[Length(max=100)])
    sid = StringField(lazy_gettext("Sender ID"), validators=[Length(max=100)])
    route = StringField(lazy_gettext("Route"), validators=[Length(max=16)])
    status = SelectField(lazy_gettext("Status"), choices=["", *STATUS_FILTERS], default="")
    state = SelectField(lazy_gettext("State"), choices=["", *STATE_FILTERS], default="")

    def validate_last(self, field: DateField) -> None:
        """The days stand the right way round."""
        if self.first.data and field.data and field.data < self.first.data:
            raise ValidationError(lazy_gettext("The first day comes after the last one. Exchange them."))

    def validate_first(self, field: DateField) -> None:
        """A year that a page of ours writes."""
        if field.data and not 2000 <= field.data.year <= 2200:
            raise ValidationError(lazy_gettext("Choose a year from 2000 to 2200."))

    def wish(self, kind: ExportKind) -> Wish:
        """What is asked for."""
        file_type = self.file_type.data if self.file_type.data in FILE_TYPES[kind] else FILE_TYPES[kind][0]
        return Wish(
            kind,
            file_type,
            first=_day(self.first.data),
            last=_day(self.last.data),
            number=tidy_number(self.number.data),
            **{name: _word(self[name].data) for name in ("task", "sid", "route", "status", "state")},
        )


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _word(written: Any) -> str | None:
    """What was sent, without anything that cannot be seen."""
    return "".join(letter for letter in written or "" if letter.isprintable()).strip() or None
