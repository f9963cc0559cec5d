"""The tickets that wait, what became of their messages, and the answer."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import ANY_STAFF, SUPPORT_DESK, roles_required, signed_in_user
from app.blueprints.desk_support import blueprint
from app.blueprints.support.forms import PostForm
from app.blueprints.support.posting import posted
from app.extensions import db
from app.gateways.errors import error_words
from app.records.pages import Page
from app.support import history, tickets
from app.support.tickets import ANSWERED, CLOSED, OPEN, STATES, is_overdue


@blueprint.get("/")
@roles_required(ANY_STAFF)
def index() -> ResponseReturnValue:
    """What staff owe an answer to, the first due first; or what is answered or closed, newest first."""
    state = request.args.get("state", OPEN)
    state = state if state in STATES else OPEN
    before, after = (request.args.get(name, type=int) for name in ("before", "after"))
    page = (
        Page(tickets.open_tickets(db.session()), has_previous=False, has_next=False)
        if state == OPEN
        else tickets.tickets_in(db.session(), state, before=before, after=after)
    )
    states = (OPEN, ANSWERED, CLOSED)
    return render_template(
        "desk_support/index.html", page=page, state=state, states=states, is_overdue=is_overdue
    )


@blueprint.get("/<public_id>")
@roles_required(ANY_STAFF)
def ticket(public_id: str) -> ResponseReturnValue:
    """One ticket, with the full history of its messages beside it."""
    return _page(public_id)


@blueprint.post("/<public_id>/answer")
@roles_required(SUPPORT_DESK)
def answer(public_id: str) -> ResponseReturnValue:
    """Answer on the page and by e-mail."""
    refused = posted(tickets.answer, public_id, _page)
    if refused is not None:
        return refused
    flash(_("Answered, on the page and by e-mail."), "success")
    return redirect(url_for("desk_support.index"), 303)


def _page(public_id: str, form: PostForm | None = None) -> str:
    found = tickets.any_ticket(db.session(), public_id)
    posts = tickets.posts_of(db.session(), found)
    form = form or PostForm(formdata=None)
    return render_template(
        "desk_support/ticket.html",
        ticket=found,
        posts=posts,
        histories=history.histories(db.session(), found),
        entries=history.ledger_lines(db.session(), found),
        form=form,
        overdue=is_overdue(found),
        may_answer=signed_in_user().role in SUPPORT_DESK,
        error_words=error_words,
    )
