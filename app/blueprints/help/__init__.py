"""Pages that explain: the terms, the sandbox."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("help", __name__)

from app.blueprints.help import routes  # noqa: E402, F401
