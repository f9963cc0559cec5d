"""Tickets as staff see them, with the history of the messages in question."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("desk_support", __name__, url_prefix="/staff/support")

from app.blueprints.desk_support import routes  # noqa: E402, F401
