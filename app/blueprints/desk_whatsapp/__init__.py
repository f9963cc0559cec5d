"""WhatsApp message templates, as staff mark them."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("desk_whatsapp", __name__, url_prefix="/staff/whatsapp")

from app.blueprints.desk_whatsapp import routes  # noqa: E402, F401
