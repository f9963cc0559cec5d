"""The desk's first form."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.access import ANY_STAFF, roles_required
from app.blueprints.staff import blueprint
from app.clock import now
from app.extensions import db
from app.records import desk as records


@blueprint.get("/")
@roles_required(ANY_STAFF)
def desk() -> ResponseReturnValue:
    """Alerts, routes and accounts at a glance."""
    moment = now()
    routes = [(route, records.route_standing(route, moment)) for route in records.routes(db.session())]
    return render_template(
        "staff/desk.html",
        alerts=records.alerts(db.session()),
        routes=routes,
        accounts=records.accounts(db.session()),
    )
