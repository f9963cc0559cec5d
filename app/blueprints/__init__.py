"""Every blueprint of the panel, registered in one place."""

from __future__ import annotations

from flask import Flask

from app.blueprints import (
    auth,
    bulk,
    callbacks,
    compose,
    dashboard,
    desk_content,
    desk_review,
    desk_support,
    desk_suppression,
    health,
    help,
    lists,
    opt_out,
    quick,
    records,
    review,
    sender_ids,
    staff,
    support,
    suppression,
    tasks,
)

_ROOMS = (
    auth,
    dashboard,
    quick,
    bulk,
    compose,
    review,
    tasks,
    records,
    lists,
    suppression,
    opt_out,
    desk_suppression,
    sender_ids,
    support,
    staff,
    desk_review,
    desk_content,
    desk_support,
    help,
    callbacks,
    health,
)


def init_app(app: Flask) -> None:
    """Register the blueprints."""
    for room in _ROOMS:
        app.register_blueprint(room.blueprint)
