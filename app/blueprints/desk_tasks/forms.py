"""What staff enter when they stop a task or let it go on, and nothing else."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import StringField

from app.blueprints.fields import one_line, required


class ActForm(FlaskForm):
    """A plain yes."""

    def words(self) -> str | None:
        """What the client reads of it, where that is for staff to say."""
        return None


class PauseForm(ActForm):
    """Why."""

    reason = StringField(
        lazy_gettext("Reason"),
        filters=[one_line],
        validators=required(lazy_gettext("Say why. The client reads it."), 300),
    )

    def words(self) -> str | None:
        return str(self.reason.data)
