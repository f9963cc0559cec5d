"""The review queue: held tasks, released or rejected by staff."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("desk_review", __name__, url_prefix="/staff/review")

from app.blueprints.desk_review import routes  # noqa: E402, F401
from app.blueprints.desk_review.counts import waiting_for_staff  # noqa: E402

blueprint.app_context_processor(lambda: {"waiting_for_staff": waiting_for_staff})
