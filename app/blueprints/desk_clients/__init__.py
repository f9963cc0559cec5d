"""Clients as staff see them, and what staff may do to them."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("desk_clients", __name__, url_prefix="/staff/clients")

from app.blueprints.desk_clients import adjusting, capping, ledger, routes, standing  # noqa: E402, F401
