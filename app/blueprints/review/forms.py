"""The terms step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField
from wtforms.validators import DataRequired, InputRequired, Length

from app.models import Rejection


class SubmitForm(FlaskForm):
    """`check_run` is the check whose result was shown, `terms_version` the terms that were: nothing is accepted
    unseen."""

    check_run = IntegerField(validators=[InputRequired()])
    terms_version = HiddenField(validators=[InputRequired(), Length(max=32)])
    accept = BooleanField(
        lazy_gettext("I have read the terms and accept them for this task"),
        validators=[DataRequired(lazy_gettext("Accept the terms to submit this task."))],
    )


class HeadingForm(FlaskForm):
    """Whether row 1 is a recipient as well."""

    include = BooleanField()


def corrected_cells(posted: Mapping[str, str], rejected: Iterable[Rejection]) -> dict[int, str]:
    """What was typed over the rejected rows' cells, by row; a cell that reads as before is none."""
    changed = {}
    for rejection in rejected:
        typed = posted.get(f"cell-{rejection.row}")
        if typed is not None and typed.strip() != rejection.written.strip():
            changed[rejection.row] = typed.strip()
    return changed
