"""The overview."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.access import ANY_CLIENT, ANYONE_SIGNED_IN, roles_required, signed_in_user
from app.accounts.membership import account_id_of
from app.blueprints.dashboard import blueprint
from app.extensions import db
from app.models import Task
from app.records.tasks import latest_tasks, live_tasks

_LATEST = 8


@blueprint.get("/")
@roles_required(ANYONE_SIGNED_IN)
def home() -> ResponseReturnValue:
    """A client's balance, running work and latest tasks; staff go to their desk."""
    user = signed_in_user()
    if user.account_id is None:
        return redirect(url_for("staff.desk"))
    return render_template("dashboard/home.html", **_work(user.account_id))


@blueprint.get("/live")
@roles_required(ANY_CLIENT)
def live() -> ResponseReturnValue:
    """The overview's moving parts alone, for refresh.js."""
    return render_template("dashboard/_live_answer.html", **_work(account_id_of(signed_in_user())))


def _work(account_id: int) -> dict[str, Sequence[Task]]:
    return {
        "live": live_tasks(db.session(), account_id),
        "latest": latest_tasks(db.session(), account_id, _LATEST),
    }
