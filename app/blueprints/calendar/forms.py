"""Another time for a task."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, ValidationError
from wtforms.validators import Length

from app.blueprints.compose.schedule import UnusableTime, moment_of
from app.blueprints.compose.times import WallTimeField
from app.clock import now
from app.language import gettext as _
from app.models import Task
from app.sending.drafting.quiet_hours import Quiet, quiet_at
from config import QuietHours


class MoveForm(FlaskForm):
    """After `validate`, `moment` is the new time (UTC). `seen` is the one that the page showed."""

    at = WallTimeField(
        lazy_gettext("New day and time"), format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]
    )
    seen = HiddenField(validators=[Length(max=40)])
    night = BooleanField(lazy_gettext("Send at that time anyway"))

    zone: ZoneInfo
    moment: datetime | None = None
    quiet: Quiet | None = None

    def validate_at(self, field: WallTimeField) -> None:
        if field.data is None:
            raise ValidationError(_("Enter the day and the time, for example 2026-12-01 09:30."))
        try:
            self.moment = moment_of(field.data, self.zone, now())
        except UnusableTime as problem:
            raise ValidationError(str(problem)) from None

    def disturbs(self, task: Task, hours: QuietHours) -> bool:
        """Whether somebody's night would be disturbed, and nobody has said yes to that."""
        assert self.moment is not None  # validated
        self.quiet = None if self.night.data else quiet_at(task, self.moment, hours)
        return self.quiet is not None

    @property
    def seen_moment(self) -> datetime | None:
        """The time that the page showed; None where the form does not say so."""
        try:
            moment = datetime.fromisoformat(self.seen.data or "")
        except ValueError:
            return None
        return moment if moment.tzinfo is not None else None
