"""What a list of the desk sends along when it is wanted as a file: its own filter, in the words of its address."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField
from wtforms.validators import Length, Optional

from app.exports.wishes import FILE_TYPES, Wish
from app.models import AccountState, ExportKind
from app.records.messages import STATUS_FILTERS
from app.records.tasks import STATE_FILTERS
from app.topups.queue import DECIDED_FILTERS

_STATES = {
    ExportKind.DESK_CLIENTS: frozenset(AccountState),
    ExportKind.DESK_TOP_UPS: frozenset(DECIDED_FILTERS),
    ExportKind.DESK_TASKS: frozenset(STATE_FILTERS),
}
_WORDS = ("account", "task", "words", "actor", "action")


class DeskExportForm(FlaskForm):
    """Everything but the type of the file may be empty. `first` and `last` are days in UTC."""

    file_type = SelectField(lazy_gettext("File"), choices=["csv", "xlsx"])
    first = DateField(lazy_gettext("From"), validators=[Optional()])
    last = DateField(lazy_gettext("To"), validators=[Optional()])
    account = StringField(lazy_gettext("Client"), validators=[Length(max=16)])
    task = StringField(lazy_gettext("Task"), validators=[Length(max=100)])
    words = StringField(lazy_gettext("Search"), validators=[Length(max=100)])
    actor = StringField(lazy_gettext("Who"), validators=[Length(max=254)])
    action = StringField(lazy_gettext("Action"), validators=[Length(max=60)])
    status = SelectField(lazy_gettext("Status"), choices=["", *STATUS_FILTERS], default="")
    state = StringField(lazy_gettext("State"), validators=[Length(max=16)])

    def wish(self, kind: ExportKind) -> Wish:
        """What is asked for; a state that the list does not know is none."""
        state = self.state.data if self.state.data in _STATES.get(kind, ()) else None
        days = {name: self[name].data.isoformat() if self[name].data else None for name in ("first", "last")}
        return Wish(
            kind,
            self.file_type.data if self.file_type.data in FILE_TYPES[kind] else FILE_TYPES[kind][0],
            status=self.status.data or None,
            state=state,
            **days,
            **{name: _word(self[name].data) for name in _WORDS},
        )


def _word(written: Any) -> str | None:
    """What was sent, without anything that cannot be seen."""
    return "".join(letter for letter in written or "" if letter.isprintable()).strip() or None
