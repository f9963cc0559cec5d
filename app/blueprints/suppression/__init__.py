"""The numbers that the account never sends to."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("suppression", __name__, url_prefix="/suppression")

from app.blueprints.suppression import routes  # noqa: E402, F401
