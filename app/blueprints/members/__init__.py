"""Who is in an account, and the invitations to it."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("members", __name__)

from app.blueprints.members import routes  # noqa: E402, F401
