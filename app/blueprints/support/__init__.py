"""A client's tickets."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("support", __name__, url_prefix="/support")

from app.blueprints.support import routes  # noqa: E402, F401
