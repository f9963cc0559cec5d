"""A client's ledger: what it adds up to, and each entry with what is behind it."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.access import ANY_STAFF, FINANCE_DESK, roles_required, signed_in_user
from app.blueprints.desk_clients import blueprint
from app.desk import clients
from app.extensions import db
from app.ledger.balances import statement
from app.topups import explained
from app.topups.statement import lines


@blueprint.get("/<int:account_id>/ledger")
@roles_required(ANY_STAFF)
def ledger(account_id: int) -> ResponseReturnValue:
    """The account's ledger, newest first, with its sums above the first page: of a long one when asked for them."""
    session, before = db.session(), request.args.get("before", type=int)
    page = statement(session, account_id, before=before)
    outline = None if before else explained.outline(session, account_id)
    added_up = outline is not None and (outline.short or request.args.get("sums") == "all")
    return render_template(
        "desk_clients/ledger.html",
        account=clients.account(session, account_id),
        page=page,
        lines=lines(session, page.entries),
        outline=outline,
        sums=explained.sums(session, account_id) if added_up else None,
        before=before,
    )


@blueprint.get("/<int:account_id>/ledger/<int:entry_id>")
@roles_required(ANY_STAFF)
def entry(account_id: int, entry_id: int) -> ResponseReturnValue:
    """One entry: the balances before and after, what it was for, and the messages, top-up or adjustment behind it."""
    return render_template(
        "desk_clients/entry.html",
        account=clients.account(db.session(), account_id),
        told=explained.explained(db.session(), account_id, entry_id),
        may_bill=signed_in_user().role in FINANCE_DESK,
    )
