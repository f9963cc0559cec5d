"""Lists of the desk as files, each for who asked for it alone."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("desk_exports", __name__, url_prefix="/staff/exports")

from app.blueprints.desk_exports import routes  # noqa: E402, F401
