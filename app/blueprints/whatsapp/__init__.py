"""The account's WhatsApp message templates."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("whatsapp", __name__, url_prefix="/whatsapp")

from app.blueprints.whatsapp import routes  # noqa: E402, F401
