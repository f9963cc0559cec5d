"""Look at held tasks one after the other, and decide."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import ANY_STAFF, OPERATORS, roles_required, signed_in_user
from app.accounts import standing
from app.blueprints.desk_review import blueprint
from app.blueprints.desk_review.forms import RejectForm, SuspendForm
from app.content.marking import mark
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import Conflict, TaskRefused
from app.extensions import db
from app.moderation import review_queue
from app.sending.holding import concerns


@blueprint.get("/")
@roles_required(ANY_STAFF)
def queue() -> ResponseReturnValue:
    """What waits for a decision, the longest waiting first."""
    tasks = [(task, concerns(task)) for task in review_queue.held_tasks(db.session())]
    return render_template("desk_review/queue.html", tasks=tasks)


@blueprint.get("/<public_id>")
@roles_required(ANY_STAFF)
def page(public_id: str) -> ResponseReturnValue:
    """One held task, its findings marked, beside what is known of the client."""
    try:
        return _page(public_id, RejectForm(), SuspendForm())
    except Conflict as decided:
        return _onward(public_id, decided.message, "warning")


@blueprint.post("/<public_id>/release")
@roles_required(OPERATORS)
def release(public_id: str) -> ResponseReturnValue:
    """Let it go, and on to the next."""
    actor, late_start = _actor(), current_app.config["CARILLON"].late_start
    try:
        with write_transaction(db.session()) as session:
            name = review_queue.release(session, actor, public_id, late_start).name
    except Conflict as decided:
        return _onward(public_id, decided.message, "warning")
    except TaskRefused as refused:
        flash(refused.message, "error")
        return redirect(url_for("desk_review.page", public_id=public_id), 303)
    return _onward(public_id, _("“%(name)s” is released. The client has been told.", name=name), "success")


@blueprint.post("/<public_id>/reject")
@roles_required(OPERATORS)
def reject(public_id: str) -> ResponseReturnValue:
    """Give the hold back, tell the client why, and on to the next."""
    actor, form = _actor(), RejectForm()
    try:
        if not form.validate():
            return _page(public_id, form, SuspendForm(formdata=None)), 422
        with write_transaction(db.session()) as session:
            name = review_queue.reject(session, actor, public_id, form.reason.data).name
    except Conflict as decided:
        return _onward(public_id, decided.message, "warning")
    return _onward(
        public_id,
        _("“%(name)s” is rejected, and its credits went back. The client has been told.", name=name),
        "success",
    )


@blueprint.post("/<public_id>/suspend")
@roles_required(OPERATORS)
def suspend(public_id: str) -> ResponseReturnValue:
    """Suspend the client; the task stays in the queue until it is rejected, or the client restored."""
    actor, form = _actor(), SuspendForm()
    try:
        if not form.validate():
            return _page(public_id, RejectForm(formdata=None), form), 422
        account_id = review_queue.held_task(db.session(), public_id).account_id
        with write_transaction(db.session()) as session:
            name = standing.suspend(session, actor, account_id, form.suspend_reason.data).name
    except Conflict as decided:
        flash(decided.message, "warning")
    else:
        flash(_("%(name)s is suspended. Their task stays here until it is rejected.", name=name), "success")
    return redirect(url_for("desk_review.page", public_id=public_id), 303)


def _page(public_id: str, form: RejectForm, suspend_form: SuspendForm) -> str:
    """Raises NotFound, and Conflict once the task is not held any more."""
    task = review_queue.held_task(db.session(), public_id)
    shown = [(concern, mark(concern.text, concern.findings)) for concern in concerns(task)]
    return render_template(
        "desk_review/page.html",
        task=task,
        concerns=shown,
        record=review_queue.client_record(db.session(), task.account_id),
        waiting=review_queue.held_count(db.session()),
        place=review_queue.place_of(db.session(), task),
        following=review_queue.next_held(db.session(), task),
        form=form,
        suspend_form=suspend_form,
        may_decide=signed_in_user().role in OPERATORS,
    )


def _onward(public_id: str, words: str, kind: str) -> ResponseReturnValue:
    """Say what happened, and go to the task that comes behind it, or to the empty queue."""
    flash(words, kind)
    task = review_queue.next_held(db.session(), review_queue.submitted_task(db.session(), public_id))
    if task is None:
        return redirect(url_for("desk_review.queue"), 303)
    return redirect(url_for("desk_review.page", public_id=task.public_id), 303)


def _actor() -> Actor:
    return Actor.of(signed_in_user(), request.remote_addr)
