"""The clocks that times are shown and read by, for an owner to set."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import web_sessions
from app.access import OWNERS, roles_required, signed_in_account_id, signed_in_user
from app.accounts import clocks
from app.blueprints.account import blueprint
from app.blueprints.account.forms import TimeZoneForm
from app.blueprints.auth import pages
from app.database import write_transaction
from app.extensions import db
from app.web_context import user_zone


@blueprint.route("/time-zone", methods=["GET", "POST"])
@roles_required(OWNERS)
def time_zone() -> ResponseReturnValue:
    """Choose the account's time zone; those of one's own phone number stand first."""
    user, form = signed_in_user(), TimeZoneForm(zone=user_zone().key)
    form.zone.choices = list(dict.fromkeys([user_zone().key, *clocks.likely_first(user.phone)]))
    if not form.validate_on_submit():
        return pages.form("account/time_zone.html", form)
    zone, actor = ZoneInfo(form.zone.data), web_sessions.actor_of(user)
    with write_transaction(db.session()) as session:
        clocks.set_zone(session, actor, signed_in_account_id(), zone)
    flash(_("Times are those of %(zone)s from now on.", zone=zone.key), "success")
    return redirect(url_for("account.security"), 303)
