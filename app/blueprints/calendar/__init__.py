"""The sending calendar: what goes out when, and another time for it."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("calendar", __name__, url_prefix="/calendar")

from app.blueprints.calendar import routes  # noqa: E402, F401
