"""The overview."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.access import ANY_CLIENT, ANYONE_SIGNED_IN, roles_required, signed_in_user
from app.accounts.membership import account_id_of
from app.blueprints.dashboard import blueprint
from app.extensions import db
from app.records.tasks import latest_tasks, live_tasks

_LATEST = 8


@blueprint.get("/")
@roles_required(ANYONE_SIGNED_IN)
def home() -> ResponseReturnValue:
    """A client's balance, running work and latest tasks; staff go to their desk."""
    user = signed_in_user()
    if user.account_id is None:
        return redirect(url_for("staff.desk"))
    return render_template(
        "dashboard/home.html",
        live=live_tasks(db.session(), user.account_id),
        latest=latest_tasks(db.session(), user.account_id, _LATEST),
    )


@blueprint.get("/live")
@roles_required(ANY_CLIENT)
def live() -> ResponseReturnValue:
    """The running tasks alone, for refresh.js."""
    return render_template(
        "dashboard/_live_answer.html", live=live_tasks(db.session(), account_id_of(signed_in_user()))
    )
