"""How a route does: its pace, what waits, what became of the last day's messages, what befell it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from app.access import ANY_STAFF, roles_required
from app.blueprints.desk_routes import blueprint
from app.clock import now
from app.desk import routes as desk
from app.extensions import db
from app.models import Route, RouteEvent, RouteEventKind
from app.records.desk import route_standing
from app.records.route_figures import events_of, lately_of, now_of


@blueprint.get("/<int:route_id>/figures")
@roles_required(ANY_STAFF)
def figures(route_id: int) -> ResponseReturnValue:
    """The moving part of a route's page alone, for refresh.js."""
    route = desk.route(db.session(), route_id)
    return render_template("desk_routes/_figures.html", route=route, **figures_of(route))


def figures_of(route: Route) -> dict[str, Any]:
    """What the figures' template wants, all of it read from sums and short lists."""
    session, moment = db.session(), now()
    events = events_of(session, route.id)
    standing = route_standing(route, moment)
    return {
        "moment": moment,
        "now_of_route": now_of(session, route.id, moment),
        "lately": lately_of(session, route.id, moment),
        "events": events,
        "stopped_by": _stopped_by(events, standing),
        "standing": standing,
    }


def _stopped_by(events: Sequence[RouteEvent], standing: str) -> RouteEvent | None:
    """What the route stands still for: its pause, or of the rests in a row the first. `events` are newest first."""
    kind = {"paused": RouteEventKind.PAUSED, "breaker": RouteEventKind.RESTED}.get(standing)
    in_a_row = list(takewhile(lambda each: each.kind == kind, events))
    return in_a_row[-1] if in_a_row else next((each for each in events if each.kind == kind), None)
