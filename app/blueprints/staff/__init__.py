"""The staff desk."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("staff", __name__, url_prefix="/staff")

from app.blueprints.staff import routes  # noqa: E402, F401
