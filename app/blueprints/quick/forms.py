"""Quick message: the composer with a list of typed numbers."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import TextAreaField
from wtforms.validators import DataRequired

from app.blueprints.compose.forms import ComposeForm
from app.blueprints.compose.starting import Note
from app.blueprints.fields import line_feeds
from app.models import Task, TaskKind
from app.sending.drafting.preview import Preview


class QuickForm(ComposeForm):
    kind_words = lazy_gettext("Quick message")

    recipients = TextAreaField(
        lazy_gettext("Recipients"),
        filters=[line_feeds],
        validators=[
            DataRequired(lazy_gettext("Enter at least one number with its country code, as in +61412345678."))
        ],
    )

    def could_take_recipients(self, task: Task) -> bool:
        return task.kind == TaskKind.QUICK and bool(task.typed_recipients)

    def take_recipients(self, task: Task) -> Note:
        if not self.could_take_recipients(task):
            return super().take_recipients(task)
        self.recipients.data = task.typed_recipients
        return Note(_("The recipients are the same as well. Look at them before you go on."))

    def refuse_recipients(self, message: str) -> None:
        if not self.recipients.errors:
            self.recipients.errors = [message]

    def take_blame(self, shown: Preview) -> None:
        super().take_blame(shown)
        if shown.recipients == 0 and not self.recipients.errors:
            reasons = [f"“{rejection.written}”: {rejection.message}" for rejection in shown.rejected[:5]]
            self.recipients.errors = [_("None of these numbers can be sent to."), *reasons]
