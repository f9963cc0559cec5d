"""What Carillon has written to people, for developers to read. Not registered in production."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("outbox", __name__, url_prefix="/dev/outbox")

from app.blueprints.outbox import commands, credit, routes  # noqa: E402, F401
