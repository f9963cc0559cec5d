"""The routes that a client may choose."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("routes", __name__, url_prefix="/routes")

from app.blueprints.routes import routes  # noqa: E402, F401
