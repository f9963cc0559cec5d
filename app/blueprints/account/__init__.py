"""One's own sign-in: password, second factor, devices, history, e-mail address and phone."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("account", __name__, url_prefix="/account")

from app.blueprints.account import routes  # noqa: E402, F401
