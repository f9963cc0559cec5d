"""Top-ups, oldest first: the receipt beside the claim, a decision, and the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from app.access import FINANCE_DESK, roles_required, signed_in_user
from app.blueprints.desk_topups import blueprint
from app.blueprints.desk_topups.forms import ApproveForm, ConfirmForm, RejectForm, SendBackForm
from app.blueprints.topup.receipt_file import receipt_response
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import Conflict, NotAllowed, NotFound, TopUpRefused
from app.extensions import db
from app.models import TopUp, User
from app.pricing import credits
from app.topups import approval, queue
from app.topups.approval import Outcome
from app.topups.explained import entry_of_top_up
from app.topups.states import IN_QUEUE

_SAID = {
    Outcome.CREDITED: (
        lazy_gettext("Top-up %(reference)s is approved: %(amount)s credits were added."),
        "success",
    ),
    Outcome.NEEDS_SECOND: (
        lazy_gettext("Noted. A second person must confirm %(reference)s before it is credited."),
        "info",
    ),
    Outcome.REJECTED: (
        lazy_gettext("Top-up %(reference)s is rejected, and the client is told why."),
        "success",
    ),
    Outcome.SENT_BACK: (lazy_gettext("Top-up %(reference)s is back in the queue."), "success"),
    Outcome.ALREADY: (
        lazy_gettext("Top-up %(reference)s was decided on already. This click changed nothing."),
        "info",
    ),
}


@blueprint.get("/top-ups")
@roles_required(FINANCE_DESK)
def top_ups() -> ResponseReturnValue:
    """The queue, or the top-ups that were decided; or straight to the one with a reference."""
    if written := request.args.get("reference", "").strip():
        try:
            found = queue.by_reference(db.session(), written)
            return redirect(url_for("desk_topups.review", public_id=found.public_id))
        except NotFound as error:
            flash(error.message, "error")
    state = request.args.get("state")
    if state is None or state not in queue.DECIDED_FILTERS:
        return render_template("desk_topups/queue.html", rows=queue.waiting(db.session()))
    before, after = (request.args.get(name, type=int) for name in ("before", "after"))
    page = queue.decided(db.session(), state, before=before, after=after)
    return render_template("desk_topups/decided.html", page=page, state=state)


@blueprint.get("/top-ups/next")
@roles_required(FINANCE_DESK)
def next_top_up() -> ResponseReturnValue:
    """The oldest that this person may decide on, or the one behind `after`."""
    after = request.args.get("after")
    behind = queue.top_up_for_staff(db.session(), after) if after else None
    found = queue.next_for(db.session(), signed_in_user().id, behind)
    if found is not None:
        return redirect(url_for("desk_topups.review", public_id=found.public_id))
    flash(_("There is no further top-up for you to decide on."), "info")
    return redirect(url_for("desk_topups.top_ups"))


@blueprint.get("/top-ups/<public_id>")
@roles_required(FINANCE_DESK)
def review(public_id: str) -> ResponseReturnValue:
    """One top-up: the receipt, the claim, the client, and what to decide."""
    return _page(queue.top_up_for_staff(db.session(), public_id))


@blueprint.get("/top-ups/<public_id>/receipt")
@roles_required(FINANCE_DESK)
def receipt(public_id: str) -> Response:
    """The uploaded receipt."""
    return receipt_response(queue.top_up_for_staff(db.session(), public_id))


@blueprint.post("/top-ups/<public_id>/approve")
@roles_required(FINANCE_DESK)
def approve(public_id: str) -> ResponseReturnValue:
    """Credit it, or note it for a second person."""
    form = ApproveForm(prefix="approve")

    def act(session: Session, actor: Actor, staff: User) -> Outcome:
        amount, reason, seen = (
            form.amount.millicredits,
            (form.reason.data or "").strip(),
            form.seen.data or "",
        )
        return approval.approve(session, actor, staff, public_id, amount=amount, reason=reason, seen=seen)

    return _decide(public_id, form, "approve", act)


@blueprint.post("/top-ups/<public_id>/confirm")
@roles_required(FINANCE_DESK)
def confirm(public_id: str) -> ResponseReturnValue:
    """The second person agrees, and it is credited."""
    form = ConfirmForm(prefix="confirm")

    def act(session: Session, actor: Actor, staff: User) -> Outcome:
        return approval.confirm(session, actor, staff, public_id, seen=form.seen.data or "")

    return _decide(public_id, form, "confirm", act)


@blueprint.post("/top-ups/<public_id>/reject")
@roles_required(FINANCE_DESK)
def reject(public_id: str) -> ResponseReturnValue:
    """Refuse it, with a reason."""
    form = RejectForm(prefix="reject")

    def act(session: Session, actor: Actor, staff: User) -> Outcome:
        return approval.reject(
            session, actor, staff, public_id, reason=form.reason, seen=form.seen.data or ""
        )

    return _decide(public_id, form, "reject", act)


@blueprint.post("/top-ups/<public_id>/send-back")
@roles_required(FINANCE_DESK)
def send_back(public_id: str) -> ResponseReturnValue:
    """Take a first approval back."""
    form = SendBackForm(prefix="back")

    def act(session: Session, actor: Actor, staff: User) -> Outcome:
        return approval.send_back(session, actor, staff, public_id, reason=(form.words.data or "").strip())

    return _decide(public_id, form, "back", act)


def _decide(
    public_id: str, form: Any, name: str, act: Callable[[Session, Actor, User], Outcome]
) -> ResponseReturnValue:
    """Act once, then show the next in the queue; on a refusal the same page, with the reason."""
    staff = signed_in_user()
    actor = Actor.of(staff, request.remote_addr)
    if not form.validate():
        return _page(queue.top_up_for_staff(db.session(), public_id), {name: form}, 422)
    try:
        with write_transaction(db.session()) as session:
            outcome = act(session, actor, staff)
    except TopUpRefused as refusal:
        form.form_errors = [refusal.message]
        return _page(queue.top_up_for_staff(db.session(), public_id), {name: form}, 422)
    except (Conflict, NotAllowed) as refusal:
        flash(refusal.message, "error")
        return redirect(url_for("desk_topups.review", public_id=public_id), 303)
    top_up = queue.top_up_for_staff(db.session(), public_id)
    words, kind = _SAID[outcome]
    named = {"reference": top_up.reference, "amount": credits(top_up.approved_amount or 0)}
    flash(str(words) % named, kind)
    following = queue.next_for(db.session(), staff.id)
    if following is None:
        return redirect(url_for("desk_topups.top_ups"), 303)
    return redirect(url_for("desk_topups.review", public_id=following.public_id), 303)


def _page(top_up: TopUp, forms: dict[str, Any] | None = None, status: int = 200) -> ResponseReturnValue:
    """The page of one top-up, with the forms that this person may use now; `forms` came back with errors."""
    session, seen = db.session(), top_up.receipt_hash
    shown = {
        "approve": ApproveForm(prefix="approve", formdata=None, amount=credits(top_up.amount), seen=seen),
        "confirm": ConfirmForm(prefix="confirm", formdata=None, seen=seen),
        "reject": RejectForm(prefix="reject", formdata=None, seen=seen),
        "back": SendBackForm(prefix="back", formdata=None),
        **(forms or {}),
    }
    in_queue = top_up.state in IN_QUEUE
    return (
        render_template(
            "desk_topups/review.html",
            top_up=top_up,
            forms=shown,
            refused=next(iter(forms.values())) if forms else None,
            may_not=approval.may_not_decide(session, signed_in_user(), top_up) if in_queue else None,
            warnings=queue.warnings(session, top_up) if top_up.receipt_key else [],
            history=queue.history(session, top_up),
            happened=queue.happened(session, top_up),
            in_queue=in_queue,
            entry_id=None if in_queue else entry_of_top_up(session, top_up.account_id, top_up.id),
            alone=approval.may_approve_alone(session, signed_in_user(), top_up) if in_queue else 0,
        ),
        status,
    )
