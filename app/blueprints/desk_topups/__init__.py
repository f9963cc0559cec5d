"""The finance desk: top-ups to decide on, price lists, bank details and limits."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("desk_topups", __name__, url_prefix="/staff")

from app.blueprints.desk_topups import plans, routes  # noqa: E402, F401
