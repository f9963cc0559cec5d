"""The staff desk."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("staff", __name__, url_prefix="/staff")

from app.blueprints.staff import people, routes  # noqa: E402, F401
from app.blueprints.staff.waiting import waiting_at_desk  # noqa: E402

blueprint.app_context_processor(lambda: {"waiting_at_desk": waiting_at_desk})
