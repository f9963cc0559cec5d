"""How many messages a client may send a day."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import IntegerField
from wtforms.validators import NumberRange, Optional

from app.access import OPERATORS, roles_required, signed_in_user
from app.blueprints.desk_clients import blueprint
from app.database import write_transaction
from app.desk import client_caps, clients
from app.desk.audit_log import Actor
from app.extensions import db
from app.sending.dispatch import cap_waits


class CapForm(FlaskForm):
    """An empty field is no cap."""

    cap = IntegerField(
        lazy_gettext("Messages a day"),
        validators=[
            Optional(),
            NumberRange(
                1, client_caps.LARGEST, lazy_gettext("Enter a whole number of 1 or more, or nothing.")
            ),
        ],
    )

    form_errors: tuple[str, ...] = ()


@blueprint.route("/<int:account_id>/daily-cap", methods=["GET", "POST"])
@roles_required(OPERATORS)
def daily_cap(account_id: int) -> ResponseReturnValue:
    """Set it, or take it away."""
    actor = Actor.of(signed_in_user(), request.remote_addr)
    account = clients.account(db.session(), account_id)
    form = CapForm(data={"cap": account.daily_cap})
    if form.validate_on_submit():
        with write_transaction(db.session()) as session:
            client_caps.set_daily_cap(session, actor, account_id, form.cap.data)
        flash(_("The daily limit is set. It counts at once, also for what is running."), "success")
        return redirect(url_for(".page", account_id=account_id), 303)
    used = cap_waits.used_today(account)
    page = render_template("desk_clients/cap.html", account=account, form=form, used_today=used)
    return page, 422 if form.is_submitted() else 200
