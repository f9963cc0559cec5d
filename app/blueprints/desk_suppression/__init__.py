"""The numbers that no account sends to, as staff keep them."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("desk_suppression", __name__, url_prefix="/staff/suppression")

from app.blueprints.desk_suppression import routes  # noqa: E402, F401
