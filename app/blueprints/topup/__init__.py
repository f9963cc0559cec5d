"""The client's money: top-ups and their receipts, the statement, the low-balance alert."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("topup", __name__)

from app.blueprints.topup import routes, statement  # noqa: E402, F401
