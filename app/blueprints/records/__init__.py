"""Lists of what was sent."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("records", __name__)

from app.blueprints.records import routes  # noqa: E402, F401
