"""Correcting a balance, and confirming what a colleague corrected."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import ANY_STAFF, FINANCE_DESK, roles_required, signed_in_user
from app.blueprints.desk_clients import blueprint
from app.blueprints.desk_clients.forms import AdjustForm
from app.database import write_transaction
from app.desk import clients
from app.desk.audit_log import Actor
from app.desk.settings import desk_settings
from app.extensions import db
from app.pricing import credits
from app.topups import adjustments
from app.topups.adjustments import AdjustmentRefused


@blueprint.route("/<int:account_id>/adjust", methods=["GET", "POST"])
@roles_required(FINANCE_DESK)
def adjust(account_id: int) -> ResponseReturnValue:
    """Add credit or take it away, with a reason that the client reads."""
    form, actor = AdjustForm(), _actor()
    if not form.validate_on_submit():
        return _form_page(account_id, form)
    try:
        with write_transaction(db.session()) as session:
            made = adjustments.request(
                session, actor, account_id, form.millicredits, form.reason.data, form.request_key.data
            )
            is_posted = made.state == adjustments.POSTED
    except AdjustmentRefused as refusal:
        form.form_errors = [*form.form_errors, refusal.message]
        return _form_page(account_id, form)
    amount = credits(form.millicredits)
    flash(
        _("The balance moved by %(amount)s credits.", amount=amount)
        if is_posted
        else _("%(amount)s credits wait for a second person to confirm them.", amount=amount),
        "success",
    )
    return redirect(url_for(".page", account_id=account_id), 303)


@blueprint.get("/adjustments")
@roles_required(ANY_STAFF)
def waiting_adjustments() -> ResponseReturnValue:
    """What waits for a second person."""
    return render_template(
        "desk_clients/adjustments.html",
        lines=adjustments.waiting_lines(db.session()),
        may_bill=signed_in_user().role in FINANCE_DESK,
        limit=desk_settings(db.session()).adjustment_second_person_above,
    )


@blueprint.post("/adjustments/<int:adjustment_id>/confirm")
@roles_required(FINANCE_DESK)
def confirm_adjustment(adjustment_id: int) -> ResponseReturnValue:
    """Be the second person."""
    actor = _actor()
    try:
        with write_transaction(db.session()) as session:
            amount = credits(adjustments.confirm(session, actor, adjustment_id).amount)
        flash(_("The balance moved by %(amount)s credits.", amount=amount), "success")
    except AdjustmentRefused as refusal:
        flash(refusal.message, "error")
    return redirect(url_for(".waiting_adjustments"), 303)


@blueprint.post("/adjustments/<int:adjustment_id>/refuse")
@roles_required(FINANCE_DESK)
def refuse_adjustment(adjustment_id: int) -> ResponseReturnValue:
    """Drop it, or take one's own back."""
    actor = _actor()
    with write_transaction(db.session()) as session:
        adjustments.refuse(session, actor, adjustment_id)
    flash(_("The adjustment is dropped. No balance moved."), "success")
    return redirect(url_for(".waiting_adjustments"), 303)


def _actor() -> Actor:
    return Actor.of(signed_in_user(), request.remote_addr)


def _form_page(account_id: int, form: AdjustForm) -> ResponseReturnValue:
    page = render_template(
        "desk_clients/adjust.html",
        account=clients.account(db.session(), account_id),
        form=form,
        limit=desk_settings(db.session()).adjustment_second_person_above,
    )
    return page, 422 if form.errors else 200
