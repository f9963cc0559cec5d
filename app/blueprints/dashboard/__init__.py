"""The first page after sign-in: what there is, what runs, what to do next."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("dashboard", __name__)

from app.blueprints.dashboard import routes  # noqa: E402, F401
