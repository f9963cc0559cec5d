"""Suspending, restoring and closing an account."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from app.access import ADMINS, OPERATORS, roles_required, signed_in_user
from app.accounts import standing
from app.blueprints.desk_clients import blueprint
from app.blueprints.desk_clients.forms import ReasonForm, StandingForm
from app.database import write_transaction
from app.desk import clients
from app.desk.audit_log import Actor
from app.extensions import db
from app.models import AccountState

_ACTS = {
    "suspend": (standing.suspend, {AccountState.ACTIVE}, lazy_gettext("%(name)s is suspended.")),
    "restore": (standing.restore, {AccountState.SUSPENDED}, lazy_gettext("%(name)s is active again.")),
    "close": (
        standing.close,
        {AccountState.ACTIVE, AccountState.SUSPENDED},
        lazy_gettext("%(name)s is closed."),
    ),
}


@blueprint.route("/<int:account_id>/suspend", methods=["GET", "POST"])
@roles_required(OPERATORS)
def suspend(account_id: int) -> ResponseReturnValue:
    """Stop an account; it may come back."""
    return _act("suspend", account_id)


@blueprint.route("/<int:account_id>/restore", methods=["GET", "POST"])
@roles_required(OPERATORS)
def restore(account_id: int) -> ResponseReturnValue:
    """Bring a suspended account back."""
    return _act("restore", account_id)


@blueprint.route("/<int:account_id>/close", methods=["GET", "POST"])
@roles_required(ADMINS)
def close(account_id: int) -> ResponseReturnValue:
    """Close an account for good."""
    return _act("close", account_id)


def _act(act: str, account_id: int) -> ResponseReturnValue:
    """Ask for the reason, and for the name where something ends; then act."""
    account = clients.account(db.session(), account_id)
    function, sources, done = _ACTS.get(act) or abort(404)
    form = ReasonForm() if act == "restore" else StandingForm(account.name)
    if request.method == "GET" or not form.validate():
        page = render_template(
            "desk_clients/standing.html", account=account, act=act, form=form, is_due=account.state in sources
        )
        return page, 422 if form.errors else 200
    actor = Actor.of(signed_in_user(), request.remote_addr)
    with write_transaction(db.session()) as session:
        name = function(session, actor, account_id, form.reason.data).name
    flash(str(done) % {"name": name}, "success")
    return redirect(url_for(".page", account_id=account_id), 303)
