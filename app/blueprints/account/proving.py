"""Asking a signed-in person for their password again."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_wtf import FlaskForm

from app.access import signed_in_user
from app.accounts.abuse import Act, TooManyTries
from app.accounts.sign_in import is_own_password
from app.blueprints import limits
from app.blueprints.auth import pages
from app.extensions import db


def proves(form: FlaskForm) -> bool:
    """Whether a form was sent, is whole, and carries the right present password; else its errors say what is wrong."""
    if not form.validate_on_submit():
        return False
    user = signed_in_user()
    try:
        limits.take(Act.PASSWORD, user.id)
    except TooManyTries as refusal:
        form.present.errors = [refusal.message]
        return False
    if not is_own_password(db.session(), user, form.present.data, pages.hasher()):
        form.present.errors = [_("This is not your present password.")]
        return False
    limits.forgive(Act.PASSWORD, user.id)
    return True
