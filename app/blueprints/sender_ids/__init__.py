"""The sender IDs that a client asks for."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("sender_ids", __name__, url_prefix="/sender-ids")

from app.blueprints.sender_ids import routes  # noqa: E402, F401
