"""Names: those that are protected, and those that accounts ask for."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import ANY_STAFF, OPERATORS, roles_required, signed_in_user
from app.blueprints.desk_content import blueprint
from app.blueprints.desk_content.forms import NameForm, RefusalForm
from app.database import write_transaction
from app.desk import protected_names
from app.desk.audit_log import Actor
from app.errors import Conflict, TaskRefused
from app.extensions import db
from app.moderation import sender_ids
from app.moderation.sender_ids import STATES, WAITING


@blueprint.get("/names")
@roles_required(ANY_STAFF)
def names() -> ResponseReturnValue:
    """The protected names."""
    return _names(NameForm(formdata=None))


@blueprint.post("/names")
@roles_required(OPERATORS)
def add_name() -> ResponseReturnValue:
    """Protect a name."""
    form, actor = NameForm(), _actor()
    if not form.validate():
        return _names(form), 422
    try:
        with write_transaction(db.session()) as session:
            name = protected_names.add_name(session, actor, form.name.data, form.kind.data).name
    except (TaskRefused, Conflict) as refusal:
        form.name.errors = [refusal.message]
        return _names(form), 422
    flash(_("“%(name)s” is protected.", name=name), "success")
    return redirect(url_for("desk_content.names"), 303)


@blueprint.post("/names/starters")
@roles_required(OPERATORS)
def add_starters() -> ResponseReturnValue:
    """Protect the names that fraudsters borrow most often."""
    actor = _actor()
    with write_transaction(db.session()) as session:
        count = protected_names.add_starters(session, actor)
    flash(_("%(count)s names are protected.", count=count), "success")
    return redirect(url_for("desk_content.names"), 303)


@blueprint.post("/names/<int:name_id>/remove")
@roles_required(OPERATORS)
def remove_name(name_id: int) -> ResponseReturnValue:
    """Protect a name no longer."""
    actor = _actor()
    with write_transaction(db.session()) as session:
        name = protected_names.remove_name(session, actor, name_id)
    flash(_("“%(name)s” is not protected any more.", name=name), "success")
    return redirect(url_for("desk_content.names"), 303)


@blueprint.get("/sender-ids")
@roles_required(ANY_STAFF)
def requests() -> ResponseReturnValue:
    """The sender IDs that accounts ask for, in one state."""
    return _requests(RefusalForm(formdata=None), None)


@blueprint.post("/sender-ids/<int:request_id>/approve")
@roles_required(OPERATORS)
def approve(request_id: int) -> ResponseReturnValue:
    """Let the account send by the name."""
    actor = _actor()
    try:
        with write_transaction(db.session()) as session:
            name = sender_ids.approve(session, actor, request_id).name
    except Conflict as decided:
        flash(decided.message, "warning")
    else:
        flash(_("“%(name)s” is approved. The client has been told.", name=name), "success")
    return redirect(url_for("desk_content.requests"), 303)


@blueprint.post("/sender-ids/<int:request_id>/reject")
@roles_required(OPERATORS)
def reject(request_id: int) -> ResponseReturnValue:
    """Refuse the name, or take an approval back."""
    form, actor = RefusalForm(), _actor()
    if not form.validate():
        return _requests(form, request_id), 422
    try:
        with write_transaction(db.session()) as session:
            name = sender_ids.reject(session, actor, request_id, form.reason.data).name
    except Conflict as decided:
        flash(decided.message, "warning")
    else:
        flash(_("“%(name)s” is rejected. The client has been told.", name=name), "success")
    return redirect(url_for("desk_content.requests"), 303)


def _names(form: NameForm) -> str:
    return render_template(
        "desk_content/names.html",
        names=protected_names.protected_names(db.session()),
        form=form,
        may_change=signed_in_user().role in OPERATORS,
    )


def _requests(form: RefusalForm, refused_id: int | None) -> str:
    """`refused_id` is the request whose form is shown again with its error."""
    state = request.args.get("state", WAITING)
    state = state if state in STATES else WAITING
    found = sender_ids.requests_in(db.session(), state)
    return render_template(
        "desk_content/sender_ids.html",
        requests=[(each, sender_ids.cautions(db.session(), each.name)) for each in found],
        state=state,
        states=STATES,
        form=form,
        refused_id=refused_id,
        may_decide=signed_in_user().role in OPERATORS,
    )


def _actor() -> Actor:
    return Actor.of(signed_in_user(), request.remote_addr)
