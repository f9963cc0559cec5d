"""A task with all that is known of it, its ledger, and each of its messages."""

from __future__ import annotations

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue

from app.access import ANY_STAFF, roles_required
from app.blueprints.desk_tasks import blueprint
from app.blueprints.desk_tasks.acting import open_acts
from app.content.marking import mark
from app.desk import tasks
from app.desk.gateway_log import log_of
from app.extensions import db
from app.gateways.errors import error_words
from app.records.life import entries_of
from app.records.messages import STATUS_FILTERS, message_page
from app.records.money import latest_entries, money_of_task
from app.sending.holding import concerns
from app.topups.statement import lines

_LEDGER_LINES = 10


@blueprint.get("")
@roles_required(ANY_STAFF)
def page(public_id: str) -> ResponseReturnValue:
    """State, history, content, money and messages of one task, whosever it is."""
    session, task = db.session(), tasks.any_task(db.session(), public_id)
    status, number = request.args.get("status"), request.args.get("number", "").strip()[:30]
    status = status if status in STATUS_FILTERS else None
    before, after = (request.args.get(name, type=int) for name in ("before", "after"))
    return render_template(
        "desk_tasks/page.html",
        task=task,
        acts=open_acts(task),
        concerns=[(concern, mark(concern.text, concern.findings)) for concern in concerns(task)],
        money=money_of_task(session, task.id),
        lines=lines(session, latest_entries(session, task.id, _LEDGER_LINES)),
        events=tasks.events(session, task),
        tickets=tasks.tickets(session, task),
        messages=message_page(
            session, task.id, status_filter=status, number=number, before=before, after=after
        ),
        asked={"status": status, "number": number or None},
        filters=STATUS_FILTERS,
        error_words=error_words,
    )


@blueprint.get("/ledger")
@roles_required(ANY_STAFF)
def ledger(public_id: str) -> ResponseReturnValue:
    """Every ledger entry of the task, newest first."""
    task = tasks.any_task(db.session(), public_id)
    before, after = (request.args.get(name, type=int) for name in ("before", "after"))
    found = tasks.entries(db.session(), task, before=before, after=after)
    return render_template(
        "desk_tasks/ledger.html", task=task, page=found, lines=lines(db.session(), found.rows)
    )


@blueprint.get("/messages/<int:row>")
@roles_required(ANY_STAFF)
def message(public_id: str, row: int) -> ResponseReturnValue:
    """One message by its row: its words, its times, every try at its gateway and the receipts that came for it."""
    task = tasks.any_task(db.session(), public_id)
    found = tasks.message_history(db.session(), task, row)
    return render_template(
        "desk_tasks/message.html",
        task=task,
        history=found,
        lines=lines(db.session(), entries_of(db.session(), found.message)),
        error_words=error_words,
        gateway_log=log_of(db.session(), found.message, current_app.config["CARILLON"]),
    )
