"""Setting up and turning off one's own second factor."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import web_sessions
from app.access import ANY_CLIENT, ANYONE_SIGNED_IN, roles_required, signed_in_user
from app.accounts import second_factor as domain
from app.accounts.abuse import Act
from app.blueprints import limits
from app.blueprints.account import blueprint
from app.blueprints.account.forms import ConfirmedForm
from app.blueprints.account.proving import proves
from app.blueprints.auth import pages
from app.blueprints.auth.forms import CodeForm
from app.database import write_transaction
from app.extensions import db


@blueprint.route("/second-factor/begin", methods=["GET", "POST"])
@roles_required(ANY_CLIENT)
def begin_second_factor() -> ResponseReturnValue:
    """Ask for the password, then make the secret for the person's app."""
    form = ConfirmedForm()
    if not proves(form):
        return pages.form("account/second_factor_begin.html", form)
    with write_transaction(db.session()) as session:
        domain.propose(session, signed_in_user(), pages.vault())
    return redirect(url_for("account.set_up_second_factor"), 303)


@blueprint.route("/second-factor", methods=["GET", "POST"])
@roles_required(ANY_CLIENT)
def set_up_second_factor() -> ResponseReturnValue:
    """Put the second factor to use; then show the recovery codes, once."""
    user, form = signed_in_user(), CodeForm()
    setup = pages.factor_setup(user)
    if setup is None:
        return redirect(url_for("account.security"))
    if not form.validate_on_submit():
        return pages.form("account/second_factor.html", form, setup=setup)
    limits.take(Act.CODE, user.id)
    with write_transaction(db.session()) as session:
        codes = domain.confirm(session, web_sessions.actor_of(user), user, form.code.data, pages.vault())
    if codes is None:
        form.code.errors = [_("This code is wrong. Enter the one that the app shows now.")]
        return pages.form("account/second_factor.html", form, setup=setup)
    return render_template("account/recovery_codes.html", codes=codes)


@blueprint.route("/second-factor/recovery-codes", methods=["GET", "POST"])
@roles_required(ANYONE_SIGNED_IN)
def renew_recovery_codes() -> ResponseReturnValue:
    """New recovery codes in place of the old."""
    user, form = signed_in_user(), ConfirmedForm()
    if not proves(form):
        return pages.form("account/recovery_codes_renew.html", form)
    with write_transaction(db.session()) as session:
        codes = domain.renew_recovery_codes(session, web_sessions.actor_of(user), user)
    return render_template("account/recovery_codes.html", codes=codes)


@blueprint.route("/second-factor/off", methods=["GET", "POST"])
@roles_required(ANY_CLIENT)
def turn_off_second_factor() -> ResponseReturnValue:
    """Sign in by password alone again."""
    user, form = signed_in_user(), ConfirmedForm()
    if user.totp_confirmed_at is None:
        abort(404)
    if not proves(form):
        return pages.form("account/second_factor_off.html", form)
    with write_transaction(db.session()) as session:
        domain.turn_off(session, web_sessions.actor_of(user), user)
    flash(_("The second factor is off."), "success")
    return redirect(url_for("account.security"), 303)
