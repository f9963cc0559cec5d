"""Every blueprint of the panel, registered in one place."""

from __future__ import annotations

from flask import Flask

from app.blueprints import (
    account,
    auth,
    bulk,
    callbacks,
    compose,
    dashboard,
    desk_audit,
    desk_clients,
    desk_content,
    desk_review,
    desk_routes,
    desk_support,
    desk_suppression,
    desk_tasks,
    desk_terms,
    desk_topups,
    desk_whatsapp,
    health,
    help,
    leaving,
    lists,
    members,
    messages,
    opt_out,
    outbox,
    quick,
    records,
    review,
    sender_ids,
    staff,
    support,
    suppression,
    tasks,
    topup,
    whatsapp,
)

_ROOMS = (
    auth,
    account,
    dashboard,
    quick,
    bulk,
    compose,
    review,
    tasks,
    records,
    messages,
    lists,
    suppression,
    opt_out,
    desk_suppression,
    whatsapp,
    desk_whatsapp,
    topup,
    sender_ids,
    support,
    members,
    leaving,
    staff,
    desk_clients,
    desk_tasks,
    desk_routes,
    desk_audit,
    desk_terms,
    desk_review,
    desk_content,
    desk_support,
    desk_topups,
    help,
    callbacks,
    health,
)
_OUTSIDE_PRODUCTION = (outbox,)


def init_app(app: Flask) -> None:
    """Register the blueprints."""
    for room in _ROOMS:
        app.register_blueprint(room.blueprint)
    if not app.config["CARILLON"].is_production:
        for room in _OUTSIDE_PRODUCTION:
            app.register_blueprint(room.blueprint)
