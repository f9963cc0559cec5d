"""Quick message: a few typed recipients, to try a text or a sender ID."""

from __future__ import annotations

from flask import Blueprint

from app.blueprints.compose import rescue

blueprint = Blueprint("quick", __name__, url_prefix="/quick")
rescue.init_blueprint(blueprint)

from app.blueprints.quick import routes  # noqa: E402, F401
