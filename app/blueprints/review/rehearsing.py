"""Sending the test that a route wants before it takes a bulk task."""

from __future__ import annotations

import secrets

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.access import SENDERS, roles_required, signed_in_user
from app.accounts.membership import account_id_of
from app.blueprints.review import blueprint
from app.database import write_transaction
from app.extensions import db
from app.models import Task
from app.sending import drafts, rehearsal
from app.sending.lookup import task_of

_LONGEST = 40


@blueprint.post("/test")
@roles_required(SENDERS)
def send_test(public_id: str) -> ResponseReturnValue:
    """A quick draft with the bulk draft's text, to one number; its review leads on."""
    user, number = signed_in_user(), request.form.get("number", "").strip()[:_LONGEST]
    if not number:
        flash("Enter the number of the phone that the test goes to.", "error")
        return redirect(url_for("review.page", public_id=public_id), 303)
    with write_transaction(db.session()) as session:
        task = task_of(session, account_id_of(user), public_id)
        draft = drafts.create_quick(
            session, user, _request(task, rehearsal.sample_text(session, task)), number
        )
        address = url_for("review.page", public_id=draft.public_id)
    return redirect(address, 303)


def _request(task: Task, text: str) -> drafts.DraftRequest:
    return drafts.DraftRequest(
        route_id=task.route_id,
        name=f"Test of {task.name}"[:100],
        content=text,
        sender_id=task.sender_id,
        scheduled_at=None,
        submission_key=secrets.token_urlsafe(16),
        template_id=task.template_id,
        template_values=tuple(task.template_values or ()),
    )
