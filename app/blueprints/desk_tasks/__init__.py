"""A client's task as staff see it: everything that is known of it, and the three ways to stop it or let it go on."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("desk_tasks", __name__, url_prefix="/staff/tasks/<public_id>")

from app.blueprints.desk_tasks import acting, routes  # noqa: E402, F401
