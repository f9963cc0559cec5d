"""The steps between the right password and the session: confirm, second factor, a new password."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import web_sessions
from app.access import public
from app.accounts import notices, password_change, second_factor, verification
from app.accounts.abuse import Act, TooManyTries
from app.accounts.sign_in import note_try, wrong_codes_lately
from app.accounts.steps import Step
from app.accounts.strength import WeakPassword
from app.blueprints import limits
from app.blueprints.auth import blueprint, pages
from app.blueprints.auth import pending as half_way_in
from app.blueprints.auth.entering import go_on, step_of
from app.blueprints.auth.forms import CodeForm, NewPasswordForm, PhoneForm, PressForm
from app.blueprints.auth.pending import Pending, by_password, half_way
from app.database import write_transaction
from app.errors import CarillonError
from app.extensions import db
from app.models import SignInOutcome, User

_SUSPICIOUS = 4  # wrong codes within an hour, after which the person hears of it


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@public
@by_password
def second_factor_code(pending: Pending, user: User) -> ResponseReturnValue:
    """Ask for the second factor."""
    if step_of(pending, user) is not Step.SECOND_FACTOR:
        return go_on(pending, user)
    form = CodeForm()
    if not form.validate_on_submit():
        return pages.form("auth/second_factor.html", form)
    try:
        _take_factor_try(user)
    except TooManyTries as refusal:
        return pages.refused("auth/second_factor.html", form, refusal)
    if not _spend_factor(user, form.code.data):
        form.code.errors = [
            _("This code is wrong, or was used already. Enter the one that the app shows now.")
        ]
        return pages.form("auth/second_factor.html", form)
    limits.forgive(Act.CODE, user.id)
    return go_on(half_way_in.change(pending, factor_given=True), user)


def _take_factor_try(user: User) -> None:
    """Count a code. Raises TooManyTries; the person is told, as somebody knows their password."""
    try:
        limits.take(Act.CODE, user.id)
    except TooManyTries:
        with write_transaction(db.session()) as session:
            note_try(session, user.id, user.email, web_sessions.visitor(), SignInOutcome.LIMITED)
        raise


def _spend_factor(user: User, code: str) -> bool:
    with write_transaction(db.session()) as session:
        right = second_factor.spend(session, web_sessions.actor_of(user), user, code, pages.vault())
        if not right:
            note_try(session, user.id, user.email, web_sessions.visitor(), SignInOutcome.SECOND_FACTOR_WRONG)
            if wrong_codes_lately(session, user) == _SUSPICIOUS:
                notices.codes_being_guessed(session, user)
    return right


@blueprint.route("/sign-in/confirm-email", methods=["GET", "POST"])
@public
@by_password
def confirm_email_first(pending: Pending, user: User) -> ResponseReturnValue:
    """Say that a letter waits, and write it again on request."""
    if step_of(pending, user) is not Step.CONFIRM_EMAIL:
        return go_on(pending, user)
    form = PressForm()
    if not form.validate_on_submit():
        return pages.form("auth/confirm_email_first.html", form, user=user)
    limits.take(Act.SEND, user.id)
    with write_transaction(db.session()) as session:
        verification.resend_email(session, pages.links(), user)
    flash(_("The link is on its way again."), "success")
    return redirect(url_for("auth.confirm_email_first"), 303)


@blueprint.route("/sign-in/confirm-phone", methods=["GET", "POST"])
@public
@half_way
def confirm_phone(pending: Pending, user: User) -> ResponseReturnValue:
    """Ask for the code that was texted."""
    if step_of(pending, user) is not Step.CONFIRM_PHONE:
        return go_on(pending, user)
    form, values = (
        CodeForm(),
        {"user": user, "sent": verification.has_code(db.session(), user, user.phone or "")},
    )
    values |= {"phone_form": PhoneForm(formdata=None) if pending.by_password else None}
    if not form.validate_on_submit():
        return pages.form("auth/confirm_phone.html", form, **values)
    try:
        limits.take(Act.CODE, user.id)
    except TooManyTries as refusal:
        return pages.refused("auth/confirm_phone.html", form, refusal, **values)
    with write_transaction(db.session()) as session:
        right = verification.confirm_phone(
            session, user, form.code.data, pages.settings().secret_key, web_sessions.visitor().ip
        )
    if not right:
        form.code.errors = [
            _("This code is wrong, too old, or was tried too often. Have a new one sent if need be.")
        ]
        return pages.form("auth/confirm_phone.html", form, **values)
    return go_on(pending, user)


@blueprint.post("/sign-in/confirm-phone/send")
@public
@half_way
def send_phone_code(pending: Pending, user: User) -> ResponseReturnValue:
    """Text a code to the phone that waits for one."""
    if step_of(pending, user) is Step.CONFIRM_PHONE:
        _send_code(user)
    return redirect(url_for("auth.confirm_phone"), 303)


@blueprint.post("/sign-in/confirm-phone/correct")
@public
@by_password
def correct_phone(pending: Pending, user: User) -> ResponseReturnValue:
    """Take another phone number from somebody who mistyped theirs."""
    form = PhoneForm()
    if step_of(pending, user) is not Step.CONFIRM_PHONE:
        return go_on(pending, user)
    if not form.validate():
        return pages.form(
            "auth/confirm_phone.html", CodeForm(formdata=None), user=user, sent=False, phone_form=form
        )
    with write_transaction(db.session()) as session:
        verification.correct_phone(session, user, form.phone.data, web_sessions.visitor().ip)
    _send_code(user)
    return redirect(url_for("auth.confirm_phone"), 303)


def _send_code(user: User) -> None:
    """Text a code, and say so; or say why not."""
    try:
        limits.take(Act.SEND, user.id)
        limits.take(Act.SEND, user.phone or "")
        with write_transaction(db.session()) as session:
            verification.send_code(session, user, user.phone or "", pages.settings().secret_key)
    except CarillonError as refusal:
        flash(refusal.message, "warning")
    else:
        flash(_("The code is on its way. It works for 10 minutes."), "success")


@blueprint.route("/sign-in/new-password", methods=["GET", "POST"])
@public
@by_password
def new_password(pending: Pending, user: User) -> ResponseReturnValue:
    """Have somebody choose a password of their own before they come in."""
    if step_of(pending, user) is not Step.NEW_PASSWORD:
        return go_on(pending, user)
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return pages.form("auth/new_password.html", form, user=user)
    try:
        password_hash = password_change.new_hash(user, form.password.data, pages.hasher())
    except WeakPassword as weakness:
        form.password.errors = [weakness.message]
        return pages.form("auth/new_password.html", form, user=user)
    with write_transaction(db.session()) as session:
        password_change.change(session, web_sessions.actor_of(user), user, password_hash, keep=None)
    return go_on(half_way_in.change(pending, version=user.session_version), user)


@blueprint.route("/sign-in/second-factor", methods=["GET", "POST"])
@public
@by_password
def set_up_factor(pending: Pending, user: User) -> ResponseReturnValue:
    """Have staff put their second factor to use; then show the recovery codes, once."""
    if step_of(pending, user) is not Step.SET_UP_FACTOR:
        return go_on(pending, user)
    form, setup = CodeForm(), pages.factor_setup(user)
    if setup is None or not form.validate_on_submit():
        return pages.form("auth/set_up_factor.html", form, setup=setup)
    limits.take(Act.CODE, user.id)
    with write_transaction(db.session()) as session:
        codes = second_factor.confirm(
            session, web_sessions.actor_of(user), user, form.code.data, pages.vault()
        )
    if codes is None:
        form.code.errors = [_("This code is wrong. Enter the one that the app shows now.")]
        return pages.form("auth/set_up_factor.html", form, setup=setup)
    half_way_in.change(pending, factor_given=True)
    return render_template("auth/recovery_codes.html", codes=codes)


@blueprint.post("/sign-in/second-factor/begin")
@public
@by_password
def begin_factor(pending: Pending, user: User) -> ResponseReturnValue:
    """Make the secret for the person's app."""
    if step_of(pending, user) is Step.SET_UP_FACTOR:
        with write_transaction(db.session()) as session:
            second_factor.propose(session, user, pages.vault())
    return redirect(url_for("auth.set_up_factor"), 303)


@blueprint.route("/sign-in/go-on", methods=["GET", "POST"])
@public
@by_password
def enter(pending: Pending, user: User) -> ResponseReturnValue:
    """The last step: nothing is left but to come in, and that takes a button, since opening a page changes nothing."""
    form = PressForm()
    if form.validate_on_submit() or step_of(pending, user) is not None:
        return go_on(pending, user)
    return pages.form("auth/enter.html", form, user=user)
