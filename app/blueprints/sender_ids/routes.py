"""The client's sender IDs, and the form that asks for one."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import ANY_CLIENT, SENDERS, roles_required, signed_in_user
from app.accounts.membership import account_id_of
from app.blueprints.sender_ids import blueprint
from app.blueprints.sender_ids.forms import SenderIdForm
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import Conflict, TaskRefused
from app.extensions import db
from app.moderation import sender_ids


@blueprint.get("/")
@roles_required(ANY_CLIENT)
def page() -> ResponseReturnValue:
    """What was asked for, and the answers."""
    return _page(SenderIdForm())


@blueprint.post("/")
@roles_required(SENDERS)
def ask() -> ResponseReturnValue:
    """Ask for a name."""
    user, form = signed_in_user(), SenderIdForm()
    account_id, actor = account_id_of(user), Actor.of(user, request.remote_addr)
    if not form.validate():
        return _page(form), 422
    try:
        with write_transaction(db.session()) as session:
            sender_ids.ask(session, actor, account_id, form.name.data, form.purpose.data)
    except (TaskRefused, Conflict) as refusal:
        form.name.errors = [refusal.message]
        return _page(form), 422
    flash(
        _("You asked for “%(data)s”. You get an e-mail as soon as staff have decided.", data=form.name.data),
        "success",
    )
    return redirect(url_for("sender_ids.page"), 303)


def _page(form: SenderIdForm) -> str:
    user = signed_in_user()
    requests = sender_ids.requests_of(db.session(), account_id_of(user))
    return render_template("sender_ids/page.html", requests=requests, form=form, may_ask=user.role in SENDERS)
