"""Our own people: who is in, in which role. Admins only, and nobody changes themselves."""

from __future__ import annotations

from collections.abc import Callable

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.access import ADMINS, roles_required, signed_in_user
from app.accounts import staffing
from app.accounts.passwords import hash_password, hasher_of
from app.accounts.staffing import StaffRefused
from app.blueprints.staff import blueprint
from app.blueprints.staff.forms import PersonForm, RoleForm
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.extensions import db
from app.models import User


@blueprint.get("/people")
@roles_required(ADMINS)
def people() -> ResponseReturnValue:
    """Everybody of our staff, and a form for somebody new."""
    return _page(PersonForm(formdata=None))


@blueprint.post("/people")
@roles_required(ADMINS)
def add_person() -> ResponseReturnValue:
    """Somebody new: their one-time password is shown once, to be handed over."""
    form, actor = PersonForm(), _actor()
    if not form.validate():
        return _page(form), 422
    password = staffing.one_time_password()
    password_hash = _hash(password)
    try:
        with write_transaction(db.session()) as session:
            email = staffing.create(
                session, actor, form.email.data, form.name.data, form.role.data, password_hash
            ).email
    except StaffRefused as refusal:
        form.email.errors = [refusal.message]
        return _page(form), 422
    return _handed_over(email, password)


@blueprint.post("/people/<int:user_id>/role")
@roles_required(ADMINS)
def set_role(user_id: int) -> ResponseReturnValue:
    """Give somebody another role."""
    form, actor = RoleForm(), _actor()
    if not form.validate():
        flash(_("Choose one of the roles."), "error")
        return redirect(url_for(".people"), 303)
    return _changed(lambda session: staffing.change_role(session, actor, user_id, form.role.data))


@blueprint.post("/people/<int:user_id>/disable")
@roles_required(ADMINS)
def disable_person(user_id: int) -> ResponseReturnValue:
    """Take somebody's sign-in away."""
    actor = _actor()
    return _changed(lambda session: staffing.disable(session, actor, user_id))


@blueprint.post("/people/<int:user_id>/start-over")
@roles_required(ADMINS)
def start_over(user_id: int) -> ResponseReturnValue:
    """A one-time password for somebody who is locked out, or comes back. Their second factor is set up anew."""
    actor, password = _actor(), staffing.one_time_password()
    password_hash = _hash(password)
    try:
        with write_transaction(db.session()) as session:
            email = staffing.start_over(session, actor, user_id, password_hash).email
    except StaffRefused as refusal:
        flash(refusal.message, "error")
        return redirect(url_for(".people"), 303)
    return _handed_over(email, password)


def _changed(change: Callable[[Session], User]) -> ResponseReturnValue:
    try:
        with write_transaction(db.session()) as session:
            user = change(session)
            words = (
                _("%(name)s has no sign-in any more.", name=user.name)
                if user.disabled_at
                else _("%(name)s is %(role)s now.", name=user.name, role=_(user.role.capitalize()))
            )
        flash(words, "success")
    except StaffRefused as refusal:
        flash(refusal.message, "error")
    return redirect(url_for(".people"), 303)


def _hash(password: str) -> str:
    return hash_password(password, hasher_of(current_app.config["CARILLON"]))


def _actor() -> Actor:
    return Actor.of(signed_in_user(), request.remote_addr)


def _handed_over(email: str, password: str) -> ResponseReturnValue:
    """The one page that ever shows the password; no copy of it is kept anywhere."""
    page = render_template("staff/password.html", email=email, password=password)
    return page, 200, {"Cache-Control": "no-store"}


def _page(form: PersonForm) -> str:
    lines = [
        (user, RoleForm(formdata=None, role=user.role, prefix="")) for user in staffing.staff(db.session())
    ]
    return render_template("staff/people.html", form=form, lines=lines)
