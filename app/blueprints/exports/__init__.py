"""Files of records: asked for on each list, followed and fetched here."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("exports", __name__, url_prefix="/exports")

from app.blueprints.exports import routes  # noqa: E402, F401
