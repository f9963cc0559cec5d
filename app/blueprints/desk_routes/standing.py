"""One route's page: open and close, pause and resume, and a test with one message."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import ANY_STAFF, OPERATORS, roles_required, signed_in_user
from app.blueprints.desk_routes import blueprint
from app.blueprints.desk_routes.content_form import severity_words
from app.blueprints.desk_routes.figures import figures_of
from app.blueprints.desk_routes.forms import PauseForm, TestForm
from app.database import write_transaction
from app.desk import route_content, route_trial
from app.desk import routes as desk
from app.desk.audit_log import Actor
from app.desk.route_trial import Tried
from app.desk.route_values import values_of
from app.extensions import db
from app.models import Route
from app.sending.dispatch import cap_waits


@blueprint.get("/<int:route_id>")
@roles_required(ANY_STAFF)
def page(route_id: int) -> ResponseReturnValue:
    """The route as it stands, and what can be done with it."""
    return _page(route_id)


@blueprint.post("/<int:route_id>/open")
@roles_required(OPERATORS)
def open_route(route_id: int) -> ResponseReturnValue:
    """Offer it to clients."""
    return _set_open(route_id, True)


@blueprint.post("/<int:route_id>/close")
@roles_required(OPERATORS)
def close_route(route_id: int) -> ResponseReturnValue:
    """Offer it to clients no more."""
    return _set_open(route_id, False)


@blueprint.post("/<int:route_id>/pause")
@roles_required(OPERATORS)
def pause(route_id: int) -> ResponseReturnValue:
    """Send nothing more by it for now."""
    form, actor = PauseForm(), _actor()
    if not form.validate():
        return _page(route_id, pause_form=form), 422
    with write_transaction(db.session()) as session:
        name = desk.pause(session, actor, route_id, form.reason.data).name
    flash(_("%(name)s is paused. Messages already being sent are finished.", name=name), "success")
    return redirect(url_for(".page", route_id=route_id), 303)


@blueprint.post("/<int:route_id>/resume")
@roles_required(OPERATORS)
def resume(route_id: int) -> ResponseReturnValue:
    """Send again, at once."""
    actor = _actor()
    with write_transaction(db.session()) as session:
        name = desk.resume(session, actor, route_id).name
    flash(_("%(name)s sends again.", name=name), "success")
    return redirect(url_for(".page", route_id=route_id), 303)


@blueprint.post("/<int:route_id>/test")
@roles_required(OPERATORS)
def test(route_id: int) -> ResponseReturnValue:
    """Send one message by it, and show what the gateway says. Nobody is charged."""
    form, actor = TestForm(), _actor()
    if not form.validate():
        return _page(route_id, test_form=form), 422
    route = desk.route(db.session(), route_id)
    settings = current_app.config["CARILLON"]
    tried = route_trial.send_test(route, settings, form.to.data, form.text.data, form.sender_id.data or None)
    with write_transaction(db.session()) as session:
        route_trial.record_test(session, actor, route_id, tried)
    return _page(route_id, test_form=form, tried=tried)


def _set_open(route_id: int, is_open: bool) -> ResponseReturnValue:
    actor = _actor()
    with write_transaction(db.session()) as session:
        name = desk.set_open(session, actor, route_id, is_open).name
    if is_open:
        flash(_("%(name)s is open to clients.", name=name), "success")
    else:
        flash(_("%(name)s is closed. What was submitted goes on.", name=name), "success")
    return redirect(url_for(".page", route_id=route_id), 303)


def _actor() -> Actor:
    return Actor.of(signed_in_user(), request.remote_addr)


def _page(
    route_id: int,
    pause_form: PauseForm | None = None,
    test_form: TestForm | None = None,
    tried: Tried | None = None,
) -> str:
    route = desk.route(db.session(), route_id)
    severities = route_content.severities_of(route)
    return render_template(
        "desk_routes/page.html",
        route=route,
        values=values_of(route),
        severities=severities,
        content_words=severity_words(severities),
        **figures_of(route),
        secret_names=desk.secret_names(route, current_app.config["CARILLON"]),
        pause_form=pause_form or PauseForm(formdata=None),
        test_form=test_form or TestForm(formdata=None),
        tried=tried,
        stand_in=db.session.get(Route, route.fallback_route_id) if route.fallback_route_id else None,
        used_today=cap_waits.used_today(route),
        cap_wait=cap_waits.of_route(route),
        may_operate=signed_in_user().role in OPERATORS,
    )
