"""The list of routes, a new one, and a change of one."""

from __future__ import annotations

from collections.abc import Callable

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.access import ANY_STAFF, OPERATORS, roles_required, signed_in_user
from app.blueprints.desk_routes import blueprint
from app.blueprints.desk_routes.forms import RouteForm
from app.clock import now
from app.database import write_transaction
from app.desk import routes as desk
from app.desk import stand_ins
from app.desk.audit_log import Actor
from app.desk.route_values import RouteRefused, values_of
from app.extensions import db
from app.gateways.registry import kinds, settings_of
from app.models import Route
from app.records.desk import route_standing


@blueprint.get("/")
@roles_required(ANY_STAFF)
def index() -> ResponseReturnValue:
    """Every route and how it stands."""
    moment = now()
    lines = [(route, route_standing(route, moment)) for route in desk.routes(db.session())]
    return render_template(
        "desk_routes/index.html", lines=lines, may_operate=signed_in_user().role in OPERATORS
    )


@blueprint.route("/new", methods=["GET", "POST"])
@roles_required(OPERATORS)
def new() -> ResponseReturnValue:
    """Make a route. It stays closed until somebody opens it."""
    actor, settings = _actor(), current_app.config["CARILLON"]
    form = RouteForm(stand_ins=stand_ins.choices(db.session(), None))
    return _answer(
        form,
        None,
        lambda session: desk.create(session, actor, form.values, form.secret_values, settings),
        _("The route is made. Test it, then open it."),
    )


@blueprint.route("/<int:route_id>/edit", methods=["GET", "POST"])
@roles_required(OPERATORS)
def edit(route_id: int) -> ResponseReturnValue:
    """Change a route. Whatever is quoted or submitted keeps its price and its rules."""
    actor, settings = _actor(), current_app.config["CARILLON"]
    route = desk.route(db.session(), route_id)
    form = RouteForm(values_of(route), stand_ins.choices(db.session(), route_id))
    return _answer(
        form,
        route,
        lambda session: desk.change(session, actor, route_id, form.values, form.secret_values, settings),
        _("Saved. What is quoted or submitted already keeps its price and its rules."),
    )


def _answer(
    form: RouteForm, route: Route | None, write: Callable[[Session], Route], words: str
) -> ResponseReturnValue:
    """The form, or the change and the way to the route's page; a refusal comes back with all that was typed."""
    if form.validate_on_submit():
        try:
            with write_transaction(db.session()) as session:
                route_id = write(session).id
            flash(words, "success")
            return redirect(url_for(".page", route_id=route_id), 303)
        except RouteRefused as refusal:
            form.refuse(refusal)
    kept = desk.secret_names(route, current_app.config["CARILLON"]) if route is not None else []
    gateways = [(kind, label, settings_of(kind)) for kind, label in kinds().items()]
    page = render_template(
        "desk_routes/form.html", form=form, route=route, kept_secrets=kept, gateways=gateways
    )
    return page, 422 if form.is_submitted() else 200


def _actor() -> Actor:
    return Actor.of(signed_in_user(), request.remote_addr)
