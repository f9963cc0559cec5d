"""A submitted task's page: its numbers, its money, its messages."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("tasks", __name__, url_prefix="/tasks/<public_id>")

from app.blueprints.tasks import record, routes  # noqa: E402, F401
