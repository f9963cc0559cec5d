"""“I forgot my password”: a link by e-mail, then a new password."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import web_sessions
from app.access import public
from app.accounts import password_change
from app.accounts.abuse import Act, TooManyTries
from app.accounts.links import LinkDead, Purpose
from app.accounts.people import tidy_email
from app.accounts.strength import WeakPassword
from app.blueprints import limits
from app.blueprints.auth import blueprint, pages
from app.blueprints.auth.forms import EmailForm, NewPasswordForm
from app.database import write_transaction
from app.extensions import db


@blueprint.route("/forgot", methods=["GET", "POST"])
@public
def forgot() -> ResponseReturnValue:
    """Ask for the address to write to. The answer is the same whether it has a sign-in or not."""
    form = EmailForm()
    if not form.validate_on_submit():
        return pages.form("auth/forgot.html", form)
    try:
        limits.take(Act.RESET, tidy_email(form.email.data))
    except TooManyTries as refusal:
        return pages.refused("auth/forgot.html", form, refusal)
    with write_transaction(db.session()) as session:
        password_change.ask_for_reset(session, pages.links(), form.email.data, web_sessions.visitor().ip)
    return redirect(url_for("auth.forgot_sent"), 303)


@blueprint.get("/forgot/sent")
@public
def forgot_sent() -> ResponseReturnValue:
    """Say that a letter is on its way."""
    return render_template("auth/forgot_sent.html")


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
@public
def reset(token: str) -> ResponseReturnValue:
    """Choose a new password by a letter's link."""
    form = NewPasswordForm()
    try:
        user = pages.links().holder(db.session(), Purpose.RESET, token)
        if not form.validate_on_submit():
            return pages.form("auth/reset.html", form, user=user)
        password_hash = password_change.new_hash(user, form.password.data, pages.hasher())
        with write_transaction(db.session()) as session:
            password_change.reset(session, pages.links(), token, password_hash, web_sessions.visitor().ip)
    except LinkDead as dead:
        return render_template("auth/link_dead.html", dead=dead), 410
    except WeakPassword as weakness:
        form.password.errors = [weakness.message]
        return pages.form("auth/reset.html", form, user=user)
    web_sessions.end()
    flash(_("Your password is changed, and every device is signed out. Sign in with the new one."), "success")
    return redirect(url_for("auth.sign_in"), 303)
