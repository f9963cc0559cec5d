"""Credit to try Carillon with, for an account that has had none. Not registered in production."""

from __future__ import annotations

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app import demo
from app.access import OWNERS, roles_required, signed_in_account_id, signed_in_user
from app.blueprints.outbox import blueprint
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.extensions import db
from app.language import gettext as _
from app.language import thousands


@blueprint.post("/credit")
@roles_required(OWNERS)
def credit() -> ResponseReturnValue:
    """Take the demo credit, once for each account; then a first message can be written."""
    assert not current_app.config["CARILLON"].is_production
    actor, account_id = Actor.of(signed_in_user(), request.remote_addr), signed_in_account_id()
    with write_transaction(db.session()) as session:
        demo.give_credit(session, actor, account_id)
    credits = thousands(demo.TRIAL_CREDIT // 1_000)
    flash(
        _("%(credits)s demo credits are yours. Write a first message with them.", credits=credits), "success"
    )
    task = request.form.get("task", "")
    return redirect(url_for("review.page", public_id=task) if task else url_for("quick.new"), 303)
