"""What staff fill in to suppress numbers."""

from __future__ import annotations

from flask_babel import lazy_gettext
from wtforms import StringField

from app.blueprints.fields import one_line
from app.blueprints.suppression.forms import AddForm


class DeskAddForm(AddForm):
    """For all accounts, or for one that is named."""

    account = StringField(lazy_gettext("Account"), filters=[one_line])
