"""Taking one's data along, and asking to leave."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("leaving", __name__, url_prefix="/account/leaving")

from app.blueprints.leaving import routes  # noqa: E402, F401
