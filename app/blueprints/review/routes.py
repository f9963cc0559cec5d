"""Look at a checked draft, accept the terms and submit it, or throw it away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.access import ANY_CLIENT, SENDERS, roles_required, signed_in_user
from app.accounts import terms
from app.accounts.membership import account_id_of
from app.blueprints.attachments import attachment
from app.blueprints.compose.schedule import comes_twice
from app.blueprints.review import blueprint
from app.blueprints.review.forms import HeadingForm, SubmitForm, corrected_cells
from app.clock import now
from app.database import write_transaction
from app.errors import CarillonError, NotFound
from app.extensions import db
from app.models import Task, TaskState
from app.recipients.export import rejections_csv
from app.sending import submission
from app.sending.drafting import drafts, rehearsal
from app.sending.drafting.quiet_hours import next_allowed_time
from app.sending.drafting.review import NOT_FOR_CORRECTION, rejections, review
from app.sending.drafting.savings import savings
from app.sending.gateways import capabilities_of
from app.sending.lookup import task_of
from app.sending.out_of_date import OutOfDate
from app.sending.states import DRAFT_STATES
from app.sending.suppressed import SuppressedMeanwhile
from app.web_context import user_zone


@blueprint.get("/review")
@roles_required(ANY_CLIENT)
def page(public_id: str) -> ResponseReturnValue:
    """The review of a draft in any state; a submitted task has a page of its own. Who may not send only reads it."""
    task = _task(public_id)
    if task.state not in DRAFT_STATES:
        return redirect(url_for("tasks.page", public_id=public_id), 303)
    return _rendered("review/page.html", task, _submit_form(task))


@blueprint.get("/review/progress")
@roles_required(ANY_CLIENT)
def progress(public_id: str) -> ResponseReturnValue:
    """The page's body by itself, for refresh.js: the check's progress, and then what it found."""
    task = _task(public_id)
    return _rendered("review/_body.html", task, _submit_form(task))


@blueprint.get("/review/dialog")
@roles_required(SENDERS)
def dialog(public_id: str) -> ResponseReturnValue:
    """The review in short with the terms, for the composer's dialog."""
    task = _task(public_id)
    return _rendered("review/_dialog.html", task, _submit_form(task))


@blueprint.get("/rejected.csv")
@roles_required(ANY_CLIENT)
def rejected_csv(public_id: str) -> Response:
    """Every rejected row with its reason, safe to open in a spreadsheet."""
    task = _task(public_id)
    stored = rejections_csv(rejections(db.session(), task))
    return attachment(stored, f"rejected-{task.public_id}.csv", "text/csv")


@blueprint.post("/submit")
@roles_required(SENDERS)
def submit(public_id: str) -> ResponseReturnValue:
    """Accept the terms for what the review showed: the price is held, and the task goes its way."""
    task, user, ip, form = _task(public_id), signed_in_user(), request.remote_addr or "", SubmitForm()
    if not form.validate():
        return _rendered("review/page.html", task, form, status=422)
    try:
        with write_transaction(db.session()) as session:
            terms.accept(session, user, form.terms_version.data, "submission", ip)
            submission.submit(
                session,
                account_id_of(user),
                public_id,
                user_id=user.id,
                check_run=form.check_run.data,
                terms_version=form.terms_version.data,
                ip=ip,
            )
    except (SuppressedMeanwhile, OutOfDate) as refusal:
        return _changed(public_id, drafts.check_again, refusal)
    except CarillonError as refusal:
        return _back_to_review(public_id, refusal)
    return redirect(url_for("tasks.page", public_id=public_id), 303)


@blueprint.post("/heading")
@roles_required(SENDERS)
def heading(public_id: str) -> ResponseReturnValue:
    """Take row 1 as a recipient too, or as the heading again; the file is checked anew."""
    return _changed(public_id, partial(drafts.include_heading, include=bool(HeadingForm().include.data)))


@blueprint.post("/correct")
@roles_required(SENDERS)
def correct(public_id: str) -> ResponseReturnValue:
    """Take what was typed into the rejected rows' cells, and check again without the file."""
    task = _task(public_id)
    changed = corrected_cells(request.form, rejections(db.session(), task))
    if not changed:
        flash(_("No cell was changed, so there is nothing to check again."), "info")
        return redirect(url_for("review.page", public_id=public_id) + "#rejected-title", 303)
    return _changed(public_id, partial(drafts.correct, corrections=changed))


@blueprint.post("/move")
@roles_required(SENDERS)
def move(public_id: str) -> ResponseReturnValue:
    """Send at the next time at which no recipient's clock is within quiet hours."""
    task = _task(public_id)
    moment = next_allowed_time(task, task.scheduled_at or now(), current_app.config["CARILLON"].quiet_hours)
    if moment is None:
        flash(
            _("There is no hour that is daytime for all of these recipients. Split the list by country."),
            "error",
        )
        return redirect(url_for("review.page", public_id=public_id), 303)
    return _changed(public_id, partial(drafts.change, scheduled_at=moment))


@blueprint.post("/spell")
@roles_required(SENDERS)
def spell(public_id: str) -> ResponseReturnValue:
    """Take one of the suggested shorter spellings, by its place in the list for the text as it stands."""
    task = _task(public_id)
    chosen = request.form.get("suggestion", type=int)
    offered = dict(enumerate(savings(task)))
    if chosen not in offered or request.form.get("check_run", type=int) != task.check_run:
        flash(_("This suggestion is no longer there: the text has changed. Look at it again."), "info")
        return redirect(url_for("review.page", public_id=public_id), 303)
    return _changed(public_id, partial(drafts.change, content=offered[chosen].text))


@blueprint.post("/discard")
@roles_required(SENDERS)
def discard(public_id: str) -> ResponseReturnValue:
    """Throw the draft away."""
    try:
        with write_transaction(db.session()) as session:
            drafts.discard(session, account_id_of(signed_in_user()), public_id)
    except CarillonError as refusal:
        return _back_to_review(public_id, refusal)
    return redirect(url_for("review.page", public_id=public_id), 303)


def _task(public_id: str) -> Task:
    return task_of(db.session(), account_id_of(signed_in_user()), public_id)


def _submit_form(task: Task) -> SubmitForm:
    version = terms.current_terms(db.session()).version
    return SubmitForm(formdata=None, check_run=task.check_run, terms_version=version)


def _rendered(template: str, task: Task, form: SubmitForm, status: int = 200) -> ResponseReturnValue:
    settings = current_app.config["CARILLON"]
    shown = review(db.session(), task, capabilities_of(task.route, settings), settings.quiet_hours)
    zone = user_zone()
    twice = task.scheduled_at is not None and comes_twice(task.scheduled_at, zone)
    may_send = signed_in_user().role in SENDERS
    more = {
        "not_for_correction": NOT_FOR_CORRECTION,
        "zone": zone,
        "comes_twice": twice,
        "may_send": may_send,
        "tried_out": _tried_out(task),
        "test_rows": rehearsal.rows_to_test(db.session(), task) if may_send and _may_be_tested(task) else [],
        "test_missing": task.state == TaskState.READY and rehearsal.is_missing(db.session(), task),
    }
    return render_template(template, task=task, shown=shown, form=form, **more), status


def _may_be_tested(task: Task) -> bool:
    """A test is not tested again."""
    return task.state == TaskState.READY and task.test_of is None


def _tried_out(task: Task) -> Task | None:
    """The draft that this one is a test of."""
    if task.test_of is None:
        return None
    try:
        return _task(task.test_of)
    except NotFound:
        return None


def _changed(
    public_id: str, act: Callable[[Session, int, str], Task], word: CarillonError | None = None
) -> ResponseReturnValue:
    """Change the draft, which is then checked anew; `word` says why where the client did not ask for it."""
    account_id = account_id_of(signed_in_user())
    try:
        with write_transaction(db.session()) as session:
            act(session, account_id, public_id)
    except CarillonError as refusal:
        return _back_to_review(public_id, refusal)
    if word is not None:
        flash(word.message, "error")
    return redirect(url_for("review.page", public_id=public_id), 303)


def _back_to_review(public_id: str, refusal: CarillonError) -> ResponseReturnValue:
    """Where the task stands now, with the reason on top. Raises the refusal when there is no such task."""
    if isinstance(refusal, NotFound):
        raise refusal
    flash(refusal.message, "error")
    return redirect(url_for("review.page", public_id=public_id), 303)
