"""Routes as staff keep them."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("desk_routes", __name__, url_prefix="/staff/routes")

from app.blueprints.desk_routes import content, figures, routes, standing  # noqa: E402, F401
