"""The review queue: held tasks, released or rejected by staff."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("desk_review", __name__, url_prefix="/staff/review")

from app.blueprints.desk_review import routes  # noqa: E402, F401
