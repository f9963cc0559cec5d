"""The sign-in form."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length

from app.accounts.passwords import LONGEST_PASSWORD


class SignInForm(FlaskForm):
    email = EmailField(
        "E-mail",
        [
            InputRequired("Enter your e-mail address."),
            Length(max=254, message="That is too long for an e-mail address."),
        ],
    )
    password = PasswordField(
        "Password",
        [
            InputRequired("Enter your password."),
            Length(max=LONGEST_PASSWORD, message="That is too long for a password."),
        ],
    )
