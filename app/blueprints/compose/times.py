"""When a message goes out, and after what time nothing more of it does: the composer's fields of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext
from wtforms import DateTimeLocalField, RadioField, ValidationError

from app.blueprints.compose.schedule import UnusableTime, moment_of
from app.clock import now
from app.language import gettext as _


class WallTimeField(DateTimeLocalField):
    """A date and time without a zone, or None; whether an unreadable one matters is for the form to say."""

    data: datetime | None

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            self.data = None


class TimeFields:
    """After `validate`, `scheduled_at` is the moment to start at (UTC) or None for now, `send_before` the moment after
    which the rest is released, or None. Times are read in `zone`.
    """

    scheduled_for = WallTimeField(
        lazy_gettext("Date and time"), format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]
    )
    send_until = WallTimeField(
        lazy_gettext("Send nothing after"), format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]
    )

    when: RadioField
    zone: ZoneInfo
    scheduled_at: datetime | None = None
    send_before: datetime | None = None

    def validate_scheduled_for(self, field: WallTimeField) -> None:
        if self.when.data != "later":
            return
        if field.data is None:
            raise ValidationError(_("Enter the day and the time to send at, for example 2026-12-01 09:30."))
        try:
            self.scheduled_at = moment_of(field.data, self.zone, now())
        except UnusableTime as problem:
            raise ValidationError(str(problem)) from None

    def validate_send_until(self, field: WallTimeField) -> None:
        if field.data is None:
            if (field.raw_data or [""])[0].strip():
                raise ValidationError(
                    _("Enter a day and a time, for example 2026-12-01 18:00, or leave it empty.")
                )
            return
        try:
            moment = moment_of(field.data, self.zone, datetime.min.replace(tzinfo=UTC))
        except UnusableTime as problem:
            raise ValidationError(str(problem)) from None
        if moment <= max(now(), self.scheduled_at or now()):
            raise ValidationError(_("Choose a time after the start, or leave it empty."))
        self.send_before = moment


def wall_time(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """What the clocks of a zone show then; None for no moment."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0) if moment else None
