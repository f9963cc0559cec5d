"""Sending a test of a checked draft: to one's own phone, or to the phone that a route's rule is met with."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.access import SENDERS, roles_required, signed_in_user
from app.accounts.membership import account_id_of
from app.blueprints.review import blueprint
from app.database import write_transaction
from app.errors import TaskRefused
from app.extensions import db
from app.language import gettext as _
from app.sending.drafting import drafts, rehearsal
from app.sending.lookup import task_of

_LONGEST = 40


@blueprint.post("/test")
@roles_required(SENDERS)
def send_test(public_id: str) -> ResponseReturnValue:
    """A quick draft with the draft's text as one of its rows reads it; its review, with the price, comes next."""
    user = signed_in_user()
    number = user.phone if "myself" in request.form else request.form.get("number", "").strip()[:_LONGEST]
    if "myself" not in request.form and not number:
        flash(_("Enter the number of the phone that the test goes to."), "error")
        return redirect(url_for("review.page", public_id=public_id), 303)
    try:
        with write_transaction(db.session()) as session:
            task = task_of(session, account_id_of(user), public_id)
            row = rehearsal.row_to_test(session, task, request.form.get("row", type=int))
            test = drafts.create_test(session, user, task, row.text, row.parameters, number)
            address = url_for("review.page", public_id=test.public_id)
    except TaskRefused as refusal:
        flash(refusal.message, "error")
        address = url_for("review.page", public_id=public_id)
    return redirect(address, 303)
