"""Sign in, sign out."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address
from flask_login import current_user, login_user, logout_user

from app.access import ANYONE_SIGNED_IN, public, roles_required
from app.accounts.passwords import password_hasher
from app.accounts.sign_in import SignInRefused, authenticate, tidy_email
from app.blueprints.auth import blueprint
from app.blueprints.auth.forms import SignInForm
from app.blueprints.auth.next_page import next_page
from app.extensions import db, limiter
from app.models import User


def _address_tried() -> str:
    """The e-mail that somebody tries to sign in with, so that changing IPs do not help guessing."""
    return tidy_email(request.form.get("email", ""))[:254] or get_remote_address()


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limiter.limit("10/minute", methods=["POST"])
@limiter.limit("20/hour", key_func=_address_tried, methods=["POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Ask for e-mail and password, and begin a session."""
    if current_user.is_authenticated:
        return redirect(url_for("dashboard.home"))
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("auth/sign_in.html", form=form), 422 if form.is_submitted() else 200
    settings = current_app.config["CARILLON"]
    hasher = password_hasher(time_cost=settings.argon2_time_cost, memory_kib=settings.argon2_memory_kib)
    try:
        user = authenticate(db.session(), form.email.data, form.password.data, hasher)
    except SignInRefused as refusal:
        form.form_errors.append(refusal.message)
        return render_template("auth/sign_in.html", form=form), 422
    _begin_session(user)
    return redirect(next_page(request.args.get("next"), url_for("dashboard.home")))


@blueprint.post("/sign-out")
@roles_required(ANYONE_SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    """End this session."""
    logout_user()
    session.clear()
    flash("You are signed out.", "success")
    return redirect(url_for("auth.sign_in"))


def _begin_session(user: User) -> None:
    """A session of its own: nothing of what a stranger may have planted in the old one stays."""
    session.clear()
    session.permanent = True
    login_user(user)
