"""Every route that the account may choose, side by side."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.access import ANY_CLIENT, roles_required, signed_in_user
from app.accounts.membership import account_id_of
from app.blueprints.routes import blueprint
from app.extensions import db
from app.sending.lookup import open_routes


@blueprint.get("/")
@roles_required(ANY_CLIENT)
def index() -> ResponseReturnValue:
    """What each costs, what its rules are, and how it did lately."""
    return render_template(
        "routes/index.html", routes=open_routes(db.session(), account_id_of(signed_in_user()))
    )
