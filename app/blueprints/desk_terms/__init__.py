"""The terms as staff keep them."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("desk_terms", __name__, url_prefix="/staff/terms")

from app.blueprints.desk_terms import routes  # noqa: E402, F401
