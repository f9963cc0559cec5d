"""Saved message texts of the account."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("texts", __name__, url_prefix="/texts")

from app.blueprints.texts import routes  # noqa: E402, F401
