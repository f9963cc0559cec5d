"""The account's saved recipient lists."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("lists", __name__, url_prefix="/lists")

from app.blueprints.lists import routes  # noqa: E402, F401
