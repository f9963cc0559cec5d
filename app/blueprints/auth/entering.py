"""From one step of signing in to the next, and in."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import current_app, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app import web_sessions
from app.accounts import sessions, steps
from app.accounts.abuse import Act
from app.accounts.notices import new_device
from app.accounts.sessions import device_name
from app.accounts.sign_in import has_signed_in, note_try
from app.accounts.steps import Step
from app.accounts.terms import accept, current_terms
from app.blueprints import limits
from app.blueprints.auth import known_device
from app.blueprints.auth.next_page import next_page
from app.blueprints.auth.pending import Pending
from app.clock import now
from app.database import write_transaction
from app.extensions import db
from app.language import day_words
from app.models import SignInOutcome, User

PAGES = {
    Step.CONFIRM_EMAIL: "auth.confirm_email_first",
    Step.CONFIRM_PHONE: "auth.confirm_phone",
    Step.SECOND_FACTOR: "auth.second_factor_code",
    Step.NEW_PASSWORD: "auth.new_password",
    Step.SET_UP_FACTOR: "auth.set_up_factor",
}


def step_of(pending: Pending, user: User) -> Step | None:
    """What is left for this person to do."""
    return steps.next_step(
        user,
        factor_given=pending.factor_given,
        password_max_age=current_app.config["CARILLON"].password_max_age,
        moment=now(),
    )


def go_on(pending: Pending, user: User) -> ResponseReturnValue:
    """To the next step's page, or in."""
    step = step_of(pending, user)
    if step is not None and (pending.by_password or step is Step.CONFIRM_PHONE):
        return redirect(url_for(PAGES[step]), 303)
    if not pending.by_password:
        session.clear()
        flash(_("Everything is confirmed. Sign in."), "success")
        return redirect(url_for("auth.sign_in"), 303)
    return redirect(url_for("auth.enter")) if request.method == "GET" else _enter(pending, user)


def _enter(pending: Pending, user: User) -> ResponseReturnValue:
    visitor = web_sessions.visitor()
    with write_transaction(db.session()) as transaction:
        if (
            pending.terms == current_terms(transaction).version
        ):  # newer ones are asked for at the next submission
            accept(transaction, user, pending.terms, "sign_in", visitor.ip)
        token = sessions.begin(transaction, user, visitor)
        if not known_device.is_known(user.email) and has_signed_in(transaction, user):
            new_device(transaction, user, device_name(visitor.user_agent), visitor.ip, _moment(user))
        note_try(transaction, user.id, user.email, visitor, SignInOutcome.SIGNED_IN)
    limits.forgive(Act.SIGN_IN, known_device.person(user.email))
    known_device.remember(user.email)
    web_sessions.begin(user, token)
    _remind(user)
    return redirect(next_page(pending.next, url_for("dashboard.home")))


def _moment(user: User) -> str:
    """Now, by the clock of the person's account."""
    zone = ZoneInfo(user.account.time_zone if user.account is not None else "UTC")
    local = now().astimezone(zone)
    return f"{day_words(local, '%d %b %Y %H:%M')} {local.tzname()}"


def _remind(user: User) -> None:
    days = steps.days_until_expiry(user, current_app.config["CARILLON"].password_max_age, now())
    if days is None:
        return
    words = ngettext(
        "Your password expires in %(num)s day. Change it on your security page.",
        "Your password expires in %(num)s days. Change it on your security page.",
        days,
    )
    flash(words if days else _("Your password expires today. Change it on your security page."), "warning")
