"""Content rules: banned words, protected names, the sender IDs that accounts ask for."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("desk_content", __name__, url_prefix="/staff/content")

from app.blueprints.desk_content import name_routes, routes  # noqa: E402, F401
