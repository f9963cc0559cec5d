"""A client asks, reads the answers, writes on and closes."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import ANY_CLIENT, roles_required, signed_in_user
from app.accounts.abuse import Act
from app.accounts.membership import account_id_of
from app.blueprints import limits
from app.blueprints.support import blueprint
from app.blueprints.support.forms import PostForm, TicketForm
from app.blueprints.support.posting import posted
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import NotFound, TaskRefused
from app.extensions import db
from app.records.tasks import submitted_tasks
from app.support import history, tickets
from app.support.tickets import is_overdue

_OFFERED_TASKS = 50


@blueprint.get("/")
@roles_required(ANY_CLIENT)
def index() -> ResponseReturnValue:
    """The account's tickets, newest first."""
    before, after = (request.args.get(name, type=int) for name in ("before", "after"))
    page = tickets.tickets_of(db.session(), account_id_of(signed_in_user()), before=before, after=after)
    return render_template("support/index.html", page=page)


@blueprint.route("/new", methods=["GET", "POST"])
@roles_required(ANY_CLIENT)
def new() -> ResponseReturnValue:
    """Open a ticket."""
    user, form = signed_in_user(), TicketForm()
    form.offer(submitted_tasks(db.session(), account_id_of(user), _OFFERED_TASKS), request.args.get("task"))
    actor = Actor.of(user, request.remote_addr)
    if not form.validate_on_submit():
        return render_template("support/new.html", form=form), 422 if form.is_submitted() else 200
    limits.take(Act.TICKET, account_id_of(user))
    try:
        with write_transaction(db.session()) as session:
            public_id = tickets.open_ticket(
                session,
                actor,
                user,
                form.subject.data,
                form.text.data,
                task_public_id=form.task.data or None,
                numbers=form.numbers.data,
            ).public_id
    except (TaskRefused, NotFound) as refusal:
        field = form.numbers if isinstance(refusal, TaskRefused) else form.task
        field.errors = [refusal.message]
        return render_template("support/new.html", form=form), 422
    flash(_("Your ticket is open. Staff answer within 72 hours, here and by e-mail."), "success")
    return redirect(url_for("support.ticket", public_id=public_id), 303)


@blueprint.get("/<public_id>")
@roles_required(ANY_CLIENT)
def ticket(public_id: str) -> ResponseReturnValue:
    """One ticket with everything that was written."""
    return _page(public_id)


@blueprint.post("/<public_id>/reply")
@roles_required(ANY_CLIENT)
def reply(public_id: str) -> ResponseReturnValue:
    """Write on; an answered or closed ticket is open again."""
    limits.take(Act.TICKET, account_id_of(signed_in_user()))
    return posted(tickets.reply, public_id, _page) or redirect(
        url_for("support.ticket", public_id=public_id), 303
    )


@blueprint.post("/<public_id>/close")
@roles_required(ANY_CLIENT)
def close(public_id: str) -> ResponseReturnValue:
    """Nothing more is needed."""
    user = signed_in_user()
    with write_transaction(db.session()) as session:
        tickets.close(session, Actor.of(user, request.remote_addr), user, public_id)
    flash(_("The ticket is closed. Write into it again if there is more."), "success")
    return redirect(url_for("support.ticket", public_id=public_id), 303)


def _page(public_id: str, form: PostForm | None = None) -> str:
    """Raises NotFound, also for a ticket of another account."""
    found = tickets.ticket_of(db.session(), account_id_of(signed_in_user()), public_id)
    posts = tickets.posts_of(db.session(), found)
    form = form or PostForm(formdata=None)
    return render_template(
        "support/ticket.html",
        ticket=found,
        posts=posts,
        messages=history.histories(db.session(), found),
        form=form,
        overdue=is_overdue(found),
    )
