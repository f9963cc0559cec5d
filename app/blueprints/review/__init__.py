"""The page between writing and sending: what was found, what it costs, and the terms."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("review", __name__, url_prefix="/tasks/<public_id>")

from app.blueprints.review import rehearsing, routes  # noqa: E402, F401
