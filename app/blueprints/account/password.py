"""Changing one's own password."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import web_sessions
from app.access import ANYONE_SIGNED_IN, roles_required, signed_in_user
from app.accounts import password_change
from app.accounts.strength import WeakPassword
from app.blueprints.account import blueprint
from app.blueprints.account.forms import ChangePasswordForm
from app.blueprints.account.proving import proves
from app.blueprints.auth import pages
from app.database import write_transaction
from app.extensions import db


@blueprint.route("/password", methods=["GET", "POST"])
@roles_required(ANYONE_SIGNED_IN)
def password() -> ResponseReturnValue:
    """Choose a new password; every other device is signed out."""
    user, form = signed_in_user(), ChangePasswordForm()
    if not proves(form):
        return pages.form("account/password.html", form)
    try:
        password_hash = password_change.new_hash(user, form.password.data, pages.hasher())
    except WeakPassword as weakness:
        form.password.errors = [weakness.message]
        return pages.form("account/password.html", form)
    with write_transaction(db.session()) as session:
        password_change.change(
            session, web_sessions.actor_of(user), user, password_hash, keep=web_sessions.present_token()
        )
    web_sessions.renew(user)
    flash(_("Your password is changed, and your other devices are signed out."), "success")
    return redirect(url_for("account.security"), 303)
