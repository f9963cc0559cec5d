"""What a route's texts may hold: the content rules of its channel, or its own."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import OPERATORS, roles_required, signed_in_user
from app.blueprints.desk_routes import blueprint
from app.blueprints.desk_routes.content_form import ContentRulesForm, severity_words
from app.database import write_transaction
from app.desk import route_content
from app.desk import routes as desk
from app.desk.audit_log import Actor
from app.desk.route_values import RouteRefused
from app.extensions import db


@blueprint.route("/<int:route_id>/content", methods=["GET", "POST"])
@roles_required(OPERATORS)
def content_rules(route_id: int) -> ResponseReturnValue:
    """Choose how severe each rule is. What was submitted goes on by the rules it was checked with."""
    actor = Actor.of(signed_in_user(), request.remote_addr)
    route = desk.route(db.session(), route_id)
    form = ContentRulesForm(route)
    if form.validate_on_submit():
        try:
            with write_transaction(db.session()) as session:
                route_content.set_own_rules(session, actor, route_id, form.severities)
            flash(_("Saved. Texts are checked by these rules from now on."), "success")
            return redirect(url_for(".page", route_id=route_id), 303)
        except RouteRefused as refusal:
            form.refuse(refusal)
    page = render_template(
        "desk_routes/content.html",
        form=form,
        route=route,
        rules=route_content.RULES,
        of_channel=severity_words(route_content.severities_of_channel(route.channel)),
    )
    return page, 422 if form.is_submitted() else 200
