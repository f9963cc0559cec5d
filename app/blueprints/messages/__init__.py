"""Every message of an account: the list, and the page of each."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("messages", __name__, url_prefix="/messages")

from app.blueprints.messages import routes  # noqa: E402, F401
