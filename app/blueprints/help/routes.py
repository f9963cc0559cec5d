"""The terms, and how to try things out without texting anyone."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.access import ANYONE_SIGNED_IN, public, roles_required
from app.accounts.terms import current_terms
from app.blueprints.help import blueprint
from app.extensions import db
from app.gateways import sandbox_numbers
from app.gateways.errors import error_words


@blueprint.get("/terms")
@public
def terms() -> ResponseReturnValue:
    """The terms in force."""
    return render_template("help/terms.html", terms_shown=current_terms(db.session()))


@blueprint.get("/help/sandbox")
@roles_required(ANYONE_SIGNED_IN)
def sandbox() -> ResponseReturnValue:
    """What the sandbox does with a number, by its ending."""
    return render_template(
        "help/sandbox.html",
        ordinary=sandbox_numbers.ORDINARY,
        special=sandbox_numbers.SPECIAL,
        error_words=error_words,
    )
