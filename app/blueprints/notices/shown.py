"""What every page may show of the reader's notices: how many are unread, and the newest few."""

from __future__ import annotations

from collections.abc import Sequence

from flask import g
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db
from app.models import Notice
from app.notices import reading

_FEW = 5


def unread_of_reader() -> int:
    """Asked once in a request."""
    if "unread_notices" not in g:
        try:
            g.unread_notices = reading.unread_count(db.session(), current_user.id)
        except SQLAlchemyError:  # an error page must not fail over a number
            g.unread_notices = 0
    count: int = g.unread_notices
    return count


def latest_of_reader() -> Sequence[Notice]:
    """The newest few, read or not."""
    return reading.latest_notices(db.session(), current_user.id, _FEW)
