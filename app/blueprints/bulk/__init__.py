"""Bulk message: recipients from an uploaded file."""

from __future__ import annotations

from flask import Blueprint

from app.blueprints.compose import rescue

blueprint = Blueprint("bulk", __name__, url_prefix="/bulk")
rescue.init_blueprint(blueprint)

from app.blueprints.bulk import routes  # noqa: E402, F401
