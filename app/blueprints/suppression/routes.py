"""Keep the account's suppression list and its opt-out page."""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.access import SENDERS, roles_required, signed_in_account_id, signed_in_user
from app.blueprints.suppression import blueprint
from app.blueprints.suppression.desk import SuppressionDesk
from app.blueprints.suppression.forms import AddForm
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.extensions import db
from app.lists import opt_out
from app.models import SuppressionSource


def _desk() -> SuppressionDesk:
    account_id = signed_in_account_id()
    return SuppressionDesk(
        "suppression",
        account_id,
        SuppressionSource.TYPED,
        {"own_page": opt_out.page_of(db.session(), account_id)},
    )


@blueprint.get("/")
@roles_required(SENDERS)
def page() -> ResponseReturnValue:
    """The list, newest first."""
    return _desk().page()


@blueprint.post("/")
@roles_required(SENDERS)
def add() -> ResponseReturnValue:
    """Suppress typed or pasted numbers."""
    return _desk().add(AddForm())


@blueprint.post("/file")
@roles_required(SENDERS)
def upload() -> ResponseReturnValue:
    """Suppress the numbers of a file."""
    return _desk().upload()


@blueprint.post("/<int:suppression_id>/remove")
@roles_required(SENDERS)
def remove(suppression_id: int) -> ResponseReturnValue:
    """Take a number off the list."""
    return _desk().remove(suppression_id)


@blueprint.get("/suppression.csv")
@roles_required(SENDERS)
def download() -> Response:
    """The whole list."""
    return _desk().download()


@blueprint.post("/opt-out-page")
@roles_required(SENDERS)
def open_opt_out() -> ResponseReturnValue:
    """Make the public page where people stop this account's messages."""
    actor, account_id = Actor.of(signed_in_user(), request.remote_addr), signed_in_account_id()
    with write_transaction(db.session()) as session:
        opt_out.open_page(session, actor, account_id)
    return redirect(url_for("suppression.page") + "#opt-out", 303)
