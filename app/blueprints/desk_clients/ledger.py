"""A client's ledger: what it adds up to, and each entry with what is behind it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue

from app.access import ANY_STAFF, FINANCE_DESK, roles_required, signed_in_user
from app.blueprints.desk_clients import blueprint
from app.clock import now
from app.desk import clients
from app.extensions import db
from app.ledger.balances import statement
from app.models import Account
from app.records.periods import Period, read_period
from app.topups import explained
from app.topups.statement import lines, stretch


@blueprint.get("/<int:account_id>/ledger")
@roles_required(ANY_STAFF)
def ledger(account_id: int) -> ResponseReturnValue:
    """The account's ledger, newest first, with its sums above the first page: of a long one when asked for them."""
    session, before = db.session(), request.args.get("before", type=int)
    account = clients.account(session, account_id)
    day = _day(account) if before is None else None
    stood = stretch(session, account_id, day) if day else None
    if stood is not None:
        before = (stood.last_id or 0) + 1
    page = statement(session, account_id, before=before)
    outline = None if before is not None else explained.outline(session, account_id)
    added_up = outline is not None and (outline.short or request.args.get("sums") == "all")
    return render_template(
        "desk_clients/ledger.html",
        account=account,
        page=page,
        lines=lines(session, page.entries),
        outline=outline,
        sums=explained.sums(session, account_id) if added_up else None,
        held_now=explained.held_now(session, account_id) if added_up and account.held else [],
        day=day,
        stood=stood,
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


def _day(account: Account) -> Period | None:
    """All up to the day that the address asks for, by the client's clocks; a word on what is no day."""
    if not (written := request.args.get("day")):
        return None
    try:
        return read_period(None, None, written, ZoneInfo(account.time_zone), now())
    except ValueError as problem:
        flash(str(problem), "error")
        return None
