"""What the views of signing in and of the security page share: answers to forms, and the settings' tools."""

from __future__ import annotations

from typing import Any

import segno
from argon2 import PasswordHasher
from flask import current_app, render_template
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from app.accounts import second_factor
from app.accounts.abuse import TooManyTries
from app.accounts.links import Links
from app.accounts.passwords import hasher_of
from app.errors import CarillonError
from app.models import User
from app.secrets import Vault
from config import Settings


def settings() -> Settings:
    return current_app.config["CARILLON"]


def links() -> Links:
    return Links.of(settings())


def hasher() -> PasswordHasher:
    return hasher_of(settings())


def vault() -> Vault:
    return Vault(settings().encryption_keys)


def form(template: str, form: FlaskForm, **values: Any) -> ResponseReturnValue:
    """The form's page: as it opens, or with what is wrong in it."""
    return render_template(template, form=form, **values), 422 if form.errors else 200


def refused(template: str, form: FlaskForm, refusal: CarillonError, **values: Any) -> ResponseReturnValue:
    """The form's page with the refusal over it; it looks the same for every reason."""
    form.form_errors.append(refusal.message)
    page = render_template(template, form=form, **values)
    if isinstance(refusal, TooManyTries):
        return page, 429, {"Retry-After": str(refusal.wait)}
    return page, 422


def factor_setup(user: User) -> dict[str, str] | None:
    """The proposed secret as a QR code (a data: image) and in words; None where none was made."""
    secret = second_factor.secret_of(user, vault())
    if secret is None or user.totp_confirmed_at is not None:
        return None
    address = second_factor.address_of(user, secret)
    picture = segno.make(address, error="m").svg_data_uri(scale=5, border=2, light="#fff", dark="#000")
    return {"picture": picture, "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))}
