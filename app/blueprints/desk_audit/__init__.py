"""The audit log."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("desk_audit", __name__, url_prefix="/staff/audit")

from app.blueprints.desk_audit import routes  # noqa: E402, F401
