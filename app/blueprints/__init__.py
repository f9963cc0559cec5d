"""Every blueprint of the panel, registered in one place."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from app.blueprints import (
    account,
    auth,
    bulk,
    calendar,
    callbacks,
    compose,
    dashboard,
    desk_audit,
    desk_clients,
    desk_content,
    desk_exports,
    desk_review,
    desk_routes,
    desk_support,
    desk_suppression,
    desk_tasks,
    desk_terms,
    desk_topups,
    desk_whatsapp,
    exports,
    health,
    help,
    language,
    leaving,
    lists,
    members,
    messages,
    notices,
    opt_out,
    outbox,
    quick,
    records,
    review,
    routes,
    sender_ids,
    staff,
    support,
    suppression,
    tasks,
    texts,
    topup,
    whatsapp,
)
from app.models.base import LARGEST_KEY

_ROOMS = (
    auth,
    account,
    dashboard,
    quick,
    bulk,
    compose,
    texts,
    review,
    routes,
    calendar,
    tasks,
    records,
    messages,
    exports,
    lists,
    suppression,
    opt_out,
    desk_suppression,
    whatsapp,
    desk_whatsapp,
    topup,
    sender_ids,
    support,
    notices,
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
    desk_exports,
    desk_support,
    desk_topups,
    help,
    language,
    callbacks,
    health,
)
_OUTSIDE_PRODUCTION = (outbox,)


class _RowNumber(IntegerConverter):
    """A number that a database can hold; a larger one in an address names nothing."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(map, *args, **{"max": LARGEST_KEY, **kwargs})


def init_app(app: Flask) -> None:
    """Register the blueprints."""
    app.url_map.converters["int"] = _RowNumber
    for room in _ROOMS:
        app.register_blueprint(room.blueprint)
    if not app.config["CARILLON"].is_production:
        for room in _OUTSIDE_PRODUCTION:
            app.register_blueprint(room.blueprint)
