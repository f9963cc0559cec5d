"""What a person has been told, and what they want to be told."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("notices", __name__, url_prefix="/notices")

from app.blueprints.notices import routes, stopping  # noqa: E402, F401
from app.blueprints.notices.shown import latest_of_reader, unread_of_reader  # noqa: E402

blueprint.app_context_processor(
    lambda: {"unread_notices": unread_of_reader, "latest_notices": latest_of_reader}
)
