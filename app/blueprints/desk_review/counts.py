"""What waits for staff, as the navigation tells it."""

from __future__ import annotations

from flask import g

from app.extensions import db
from app.moderation import review_queue, sender_ids
from app.support import tickets


def waiting_for_staff() -> dict[str, int]:
    """How much of each kind waits, asked once in a request: the navigation stands on the page twice."""
    if "waiting_for_staff" not in g:
        session = db.session()
        g.waiting_for_staff = {
            "held": review_queue.held_count(session),
            "sender_ids": sender_ids.waiting_count(session),
            "tickets": tickets.open_count(session),
        }
    counts: dict[str, int] = g.waiting_for_staff
    return counts
