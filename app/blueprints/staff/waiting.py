"""What waits for staff, as the navigation tells it on every page of the desk."""

from __future__ import annotations

from flask import g
from sqlalchemy.exc import SQLAlchemyError

from app.desk.home import NOTHING_WAITS, Waiting, waiting
from app.extensions import db


def waiting_at_desk() -> Waiting:
    """Asked once in a request: the navigation stands on the page twice."""
    if "waiting_at_desk" not in g:
        try:
            g.waiting_at_desk = waiting(db.session())
        except SQLAlchemyError:  # an error page must not fail over a number
            g.waiting_at_desk = NOTHING_WAITS
    counts: Waiting = g.waiting_at_desk
    return counts
