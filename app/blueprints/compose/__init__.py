"""What quick and bulk share: the composer's form and page, and the live preview."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("compose", __name__, url_prefix="/compose")

from app.blueprints.compose import rescue, routes  # noqa: E402, F401

rescue.init_answers(blueprint)
