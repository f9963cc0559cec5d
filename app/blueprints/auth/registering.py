"""Register, confirm the e-mail address by its link, and the meter that says how strong a password is."""

from __future__ import annotations

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app import web_sessions
from app.access import public
from app.accounts import registration, strength, verification
from app.accounts.abuse import Act, TooManyTries
from app.accounts.links import LinkDead, Purpose
from app.accounts.passwords import verify_password
from app.accounts.people import about, tidy_email
from app.accounts.registration import Registration
from app.accounts.strength import WeakPassword
from app.blueprints import limits
from app.blueprints.auth import blueprint, pages, pending
from app.blueprints.auth.entering import go_on
from app.blueprints.auth.forms import ConfirmForm, RegisterForm, StartOverForm
from app.database import write_transaction
from app.errors import CarillonError
from app.extensions import db
from app.models import User


@blueprint.route("/register", methods=["GET", "POST"])
@public
def register() -> ResponseReturnValue:
    """Take a registration. The answer is the same for an address that is registered already."""
    if current_user.is_authenticated:
        return redirect(url_for("dashboard.home"))
    form = RegisterForm()
    if not form.validate_on_submit():
        return pages.form("auth/register.html", form)
    try:
        limits.take(Act.REGISTER, tidy_email(form.email.data))
        _register(form)
    except WeakPassword as weakness:
        form.password.errors = [weakness.message]
        return pages.form("auth/register.html", form)
    except TooManyTries as refusal:
        return pages.refused("auth/register.html", form, refusal)
    return redirect(url_for("auth.registered"), 303)


def _register(form: RegisterForm) -> None:
    given = _registration(form, form.email.data)
    registration.register(db.session(), given, pages.links(), pages.hasher(), web_sessions.visitor().ip)


def _registration(form: RegisterForm, email: str) -> Registration:
    return Registration(
        name=form.name.data.strip(),
        company=form.company.data.strip(),
        email=email,
        phone=form.phone.data,
        password=form.password.data,
    )


@blueprint.get("/register/sent")
@public
def registered() -> ResponseReturnValue:
    """Say that a letter is on its way."""
    return render_template("auth/registered.html")


@blueprint.route("/register/confirm/<token>", methods=["GET", "POST"])
@public
def confirm_email(token: str) -> ResponseReturnValue:
    """Confirm the address that the link was sent to, for who chose its password; opening it confirms nothing."""
    form = ConfirmForm()
    try:
        user = pages.links().holder(db.session(), Purpose.CONFIRM_EMAIL, token)
        if _gave_password(user):
            del form.password
        if not form.validate_on_submit():
            return pages.form("auth/confirm_email.html", form, user=user, token=token)
        if "password" in form and not _knows_password(user, form.password.data):
            form.password.errors = [
                _(
                    "This is not the password that was chosen with this address. Try again, or start over below."
                )
            ]
            return pages.form("auth/confirm_email.html", form, user=user, token=token)
        with write_transaction(db.session()) as session:
            user = verification.confirm_email(session, pages.links(), token, web_sessions.visitor().ip)
    except LinkDead as dead:
        return render_template("auth/link_dead.html", dead=dead), 410
    except TooManyTries as refusal:
        return pages.refused("auth/confirm_email.html", form, refusal, user=user, token=token)
    return _go_on(user)


@blueprint.route("/register/confirm/<token>/anew", methods=["GET", "POST"])
@public
def start_over(token: str) -> ResponseReturnValue:
    """Register anew by the link, for who did not choose the password, or has forgotten it."""
    form = StartOverForm()
    try:
        user = pages.links().holder(db.session(), Purpose.CONFIRM_EMAIL, token)
        if not form.validate_on_submit():
            return pages.form("auth/start_over.html", form, user=user)
        limits.take(Act.REGISTER, user.email)
        given, ip = _registration(form, user.email), web_sessions.visitor().ip
        user = registration.start_over(db.session(), pages.links(), token, given, pages.hasher(), ip)
    except LinkDead as dead:
        return render_template("auth/link_dead.html", dead=dead), 410
    except WeakPassword as weakness:
        form.password.errors = [weakness.message]
        return pages.form("auth/start_over.html", form, user=user)
    except TooManyTries as refusal:
        return pages.refused("auth/start_over.html", form, refusal, user=user)
    return _go_on(user)


def _gave_password(user: User) -> bool:
    """Whether this browser is half-way in with the person's password already."""
    present = pending.present()
    return present is not None and present[0].by_password and present[1].id == user.id


def _knows_password(user: User, password: str) -> bool:
    """Whether it is the one that was chosen with the address. Counts the try. Raises TooManyTries."""
    limits.take(Act.PASSWORD, user.id)
    return verify_password(user.password_hash, password, pages.hasher())


def _go_on(user: User) -> ResponseReturnValue:
    """To the phone's code, with the address confirmed."""
    present = pending.present()
    if present is None or present[1].id != user.id:
        present = pending.begin(user, by_password=False), user
        _send_first_code(user.phone, user.phone_confirmed_at is None)
    return go_on(*present)


def _send_first_code(phone: str | None, wanted: bool) -> None:
    """Text the first code, if the phone is still to be confirmed."""
    found = pending.present()
    if phone is None or not wanted or found is None:
        return
    try:
        limits.take(Act.SEND, phone)
        with write_transaction(db.session()) as session:
            verification.send_code(session, found[1], phone, pages.settings().secret_key)
    except CarillonError as refusal:
        flash(refusal.message, "warning")


@blueprint.post("/password-strength")
@public
def password_strength() -> ResponseReturnValue:
    """The meter's figures, from the same count as the form's own answer."""
    limits.take(Act.JUDGE, request.remote_addr or "unknown")
    names = [request.form.get(name, "")[:254] for name in ("name", "email", "company")]
    known = pending.present()
    if current_user.is_authenticated:
        names += [name or "" for name in about(current_user)]
    elif known is not None:
        names += [name or "" for name in about(known[1])]
    verdict = strength.judge(request.form.get("password", "")[:1000], names)
    return jsonify(
        score=verdict.score,
        enough=verdict.is_enough,
        words=verdict.words,
        says=[*verdict.problems, *verdict.advice],
    )
