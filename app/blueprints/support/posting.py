"""Writing into a ticket, the same for the client and for staff."""

from __future__ import annotations

from collections.abc import Callable

from flask import request
from flask.typing import ResponseReturnValue

from app.access import signed_in_user
from app.blueprints.support.forms import PostForm
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import Conflict
from app.extensions import db


def posted(
    write: Callable[..., object], public_id: str, page: Callable[[str, PostForm], str]
) -> ResponseReturnValue | None:
    """Put what was typed into the ticket by `write`. None once it is in; the page, with the reason, where it is not."""
    user, form = signed_in_user(), PostForm()
    actor = Actor.of(user, request.remote_addr)
    if not form.validate():
        return page(public_id, form), 422
    try:
        with write_transaction(db.session()) as session:
            write(session, actor, user, public_id, form.text.data, seen=form.seen.data)
    except Conflict as conflict:
        form.text.errors = [conflict.message]
        return page(public_id, form), 409
    return None
