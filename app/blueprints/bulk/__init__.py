"""Bulk message: recipients from an uploaded file."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("bulk", __name__, url_prefix="/bulk")

from app.blueprints.bulk import routes  # noqa: E402, F401
