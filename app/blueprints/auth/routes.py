"""Sign in and out. The steps in between are in steps.py, registering and resetting beside them."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app import web_sessions
from app.access import ANYONE_SIGNED_IN, public, roles_required, signed_in_user
from app.accounts import sessions
from app.accounts import sign_in as domain
from app.accounts.abuse import Act, TooManyTries
from app.accounts.people import person_of, tidy_email
from app.accounts.steps import Step
from app.accounts.terms import current_terms
from app.blueprints import limits
from app.blueprints.auth import blueprint, known_device, pages, pending, registering, resetting, steps  # noqa: F401  (their views)
from app.blueprints.auth.entering import go_on, step_of
from app.blueprints.auth.forms import SignInForm
from app.database import write_transaction
from app.demo import KNOWN_PASSWORDS
from app.extensions import db
from app.models import SignInOutcome, User

_LONGEST_NEXT = 1_000  # it lies in the cookie, which a browser drops when it is too large


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Ask for e-mail, password and the terms."""
    if current_user.is_authenticated:
        return redirect(url_for("dashboard.home"))
    form, terms = SignInForm(), current_terms(db.session()).version
    if not form.validate_on_submit():
        return pages.form("auth/sign_in.html", form, terms_version=terms)
    if form.terms_version.data and form.terms_version.data != terms:
        form.accept_terms.errors = [
            _("The terms have changed since this page was opened. Read the new ones.")
        ]
        return pages.form("auth/sign_in.html", form, terms_version=terms)
    try:
        user = _authenticated(form)
    except (domain.SignInRefused, TooManyTries) as refusal:
        return pages.refused("auth/sign_in.html", form, refusal, terms_version=terms)
    begun = pending.begin(
        user, by_password=True, terms=terms, next=request.args.get("next", "")[:_LONGEST_NEXT]
    )
    _note_unfinished(user, step_of(begun, user))
    return go_on(begun, user)


@blueprint.post("/sign-out")
@roles_required(ANYONE_SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    """End this session."""
    user = signed_in_user()
    with write_transaction(db.session()) as session:
        sessions.end_token(session, user, web_sessions.present_token())
    web_sessions.end()
    flash(_("You are signed out."), "success")
    return redirect(url_for("auth.sign_in"))


def _note_unfinished(user: User, step: Step | None) -> None:
    """Put a right password on record where it is not enough to come in."""
    if step is None:
        return
    confirming = step in (Step.CONFIRM_EMAIL, Step.CONFIRM_PHONE)
    outcome = SignInOutcome.UNCONFIRMED if confirming else SignInOutcome.PASSWORD_ONLY
    with write_transaction(db.session()) as session:
        domain.note_try(session, user.id, user.email, web_sessions.visitor(), outcome)


def _authenticated(form: SignInForm) -> User:
    """Count the try, then look at the password. Raises TooManyTries, SignInRefused."""
    session, email, visitor = db.session(), tidy_email(form.email.data), web_sessions.visitor()
    try:
        limits.take(Act.SIGN_IN, known_device.person(email), is_known=known_device.is_known(email))
    except TooManyTries:
        user = person_of(session, email)
        with write_transaction(session):
            domain.note_try(session, user.id if user else None, email, visitor, SignInOutcome.LIMITED)
        raise
    never = KNOWN_PASSWORDS if pages.settings().is_production else frozenset()
    return domain.authenticate(session, email, form.password.data, visitor, pages.hasher(), never)
