"""Where people who get messages stop them. Public."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("opt_out", __name__, url_prefix="/opt-out")

from app.blueprints.opt_out import routes  # noqa: E402, F401
