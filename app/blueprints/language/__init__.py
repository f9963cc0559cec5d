"""Choosing the language of the panel."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("language", __name__)

from app.blueprints.language import routes  # noqa: E402, F401
