"""Where gateways report: addresses for machines, authenticated by signature instead of a sign-in."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("callbacks", __name__, url_prefix="/callbacks")

from app.blueprints.callbacks import routes  # noqa: E402, F401
