"""Changing one's own e-mail address and phone."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import web_sessions
from app.access import ANYONE_SIGNED_IN, roles_required, signed_in_user
from app.accounts import contact, verification
from app.accounts.abuse import Act, TooManyTries
from app.accounts.links import LinkDead
from app.blueprints import limits
from app.blueprints.account import blueprint
from app.blueprints.account.forms import ChangeEmailForm, ChangePhoneForm
from app.blueprints.account.proving import proves
from app.blueprints.auth import known_device, pages
from app.blueprints.auth.forms import CodeForm, PressForm
from app.database import write_transaction
from app.errors import CarillonError
from app.extensions import db


@blueprint.route("/email", methods=["GET", "POST"])
@roles_required(ANYONE_SIGNED_IN)
def email() -> ResponseReturnValue:
    """Ask for a new address, and write to it and to the old one."""
    user, form = signed_in_user(), ChangeEmailForm()
    if not proves(form):
        return pages.form("account/email.html", form)
    try:
        limits.take(Act.SEND, user.id)
    except TooManyTries as refusal:
        return pages.refused("account/email.html", form, refusal)
    with write_transaction(db.session()) as session:
        contact.ask_for_email(session, web_sessions.actor_of(user), pages.links(), user, form.email.data)
    flash(_("A link is on its way to the new address. The change counts once you open it."), "success")
    return redirect(url_for("account.security"), 303)


@blueprint.route("/email/confirm/<token>", methods=["GET", "POST"])
@roles_required(ANYONE_SIGNED_IN)
def confirm_email(token: str) -> ResponseReturnValue:
    """Use the new address from now on: only the person who asked for it can."""
    user, form = signed_in_user(), PressForm()
    if not form.validate_on_submit():
        return pages.form("account/confirm_email.html", form)
    try:
        with write_transaction(db.session()) as session:
            contact.confirm_email(session, web_sessions.actor_of(user), pages.links(), user, token)
    except LinkDead as dead:
        return render_template("auth/link_dead.html", dead=dead), 410
    known_device.remember(user.email)  # by its new name it is the same browser
    flash(_("You sign in with %(email)s from now on.", email=user.email), "success")
    return redirect(url_for("account.security"), 303)


@blueprint.route("/phone", methods=["GET", "POST"])
@roles_required(ANYONE_SIGNED_IN)
def phone() -> ResponseReturnValue:
    """Ask for a new phone, and text it a code."""
    user, form = signed_in_user(), ChangePhoneForm()
    if not proves(form):
        return pages.form("account/phone.html", form)
    try:
        limits.take(Act.SEND, user.id)
        limits.take(Act.SEND, form.phone.data)
        with write_transaction(db.session()) as session:
            contact.ask_for_phone(
                session, web_sessions.actor_of(user), user, form.phone.data, pages.settings().secret_key
            )
    except CarillonError as refusal:
        return pages.refused("account/phone.html", form, refusal)
    return redirect(url_for("account.confirm_phone"), 303)


@blueprint.route("/phone/confirm", methods=["GET", "POST"])
@roles_required(ANYONE_SIGNED_IN)
def confirm_phone() -> ResponseReturnValue:
    """Use the new phone once its code is entered."""
    user, form = signed_in_user(), CodeForm()
    if user.pending_phone is None:
        return redirect(url_for("account.security"))
    values = {"sent": verification.has_code(db.session(), user, user.pending_phone)}
    if not form.validate_on_submit():
        return pages.form("account/confirm_phone.html", form, **values)
    try:
        limits.take(Act.CODE, user.id)
    except TooManyTries as refusal:
        return pages.refused("account/confirm_phone.html", form, refusal, **values)
    with write_transaction(db.session()) as session:
        right = contact.confirm_phone(
            session, web_sessions.actor_of(user), user, form.code.data, pages.settings().secret_key
        )
    if not right:
        form.code.errors = [_("This code is wrong, too old, or was tried too often.")]
        return pages.form("account/confirm_phone.html", form, **values)
    flash(_("Your new phone number is confirmed."), "success")
    return redirect(url_for("account.security"), 303)


@blueprint.post("/contact/keep")
@roles_required(ANYONE_SIGNED_IN)
def keep_contact() -> ResponseReturnValue:
    """Forget a change of address or phone that waits for its proof."""
    with write_transaction(db.session()):
        contact.give_up(db.session(), signed_in_user())
    flash(_("The change is given up."), "success")
    return redirect(url_for("account.security"), 303)
