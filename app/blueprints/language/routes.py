"""Choosing the language of the panel."""

from __future__ import annotations

from flask import current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.access import public, signed_in_user
from app.blueprints.auth.next_page import next_page
from app.blueprints.language import blueprint
from app.database import write_transaction
from app.extensions import db
from app.language import LANGUAGES
from app.web_language import COOKIE

_YEAR = 365 * 24 * 3600


@blueprint.post("/language")
@public
def choose() -> ResponseReturnValue:
    """Remember the language with the person, where one is signed in, and in this browser."""
    answer = redirect(next_page(request.form.get("next"), url_for("dashboard.home")), 303)
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        if current_user.is_authenticated and current_user.language != chosen:
            with write_transaction(db.session()):
                signed_in_user().language = chosen
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        answer.set_cookie(COOKIE, chosen, max_age=_YEAR, secure=secure, httponly=True, samesite="Lax")
    return answer
