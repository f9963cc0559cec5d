"""Every blueprint of the panel, registered in one place."""

from __future__ import annotations

from flask import Flask

from app.blueprints import (
    auth,
    bulk,
    callbacks,
    compose,
    dashboard,
    health,
    help,
    quick,
    records,
    review,
    staff,
    tasks,
)

_ROOMS = (auth, dashboard, quick, bulk, compose, review, tasks, records, staff, help, callbacks, health)


def init_app(app: Flask) -> None:
    """Register the blueprints."""
    for room in _ROOMS:
        app.register_blueprint(room.blueprint)
