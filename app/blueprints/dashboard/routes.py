"""The overview."""

from __future__ import annotations

from typing import Any, cast

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app import web_sessions
from app.access import ANY_CLIENT, public, roles_required, signed_in_user
from app.accounts.membership import account_id_of
from app.blueprints.dashboard import blueprint
from app.blueprints.records.period import chosen_period, period_words
from app.clock import now
from app.content.segments import GSM_SINGLE
from app.extensions import db, login
from app.models import Account
from app.records.figures import PACE_DAYS, days_left, figures
from app.records.periods import PRESETS
from app.records.tasks import latest_tasks, live_tasks
from app.sending.lookup import routes_for_everyone
from app.topups.plans import public_plans
from app.web_context import user_zone

_LATEST = 8
_DAYS = "30-days"
_CHOICES = ("today", "7-days", _DAYS, "this-month")  # others are asked for by their days, or in the records


@blueprint.get("/")
@public
def home() -> ResponseReturnValue:
    """A client's balance, running work and latest tasks; staff go to their desk; strangers read what this is.

    Whose session has ended is asked to sign in again.
    """
    if not current_user.is_authenticated:
        return cast(ResponseReturnValue, login.unauthorized()) if web_sessions.present_token() else _front()
    user = signed_in_user()
    if user.account_id is None:
        return redirect(url_for("staff.desk"))
    return render_template("dashboard/home.html", **_work(user.account_id))


@blueprint.get("/live")
@roles_required(ANY_CLIENT)
def live() -> ResponseReturnValue:
    """The overview's moving parts alone, for refresh.js."""
    return render_template("dashboard/_live_answer.html", **_work(account_id_of(signed_in_user())))


def _front() -> str:
    session = db.session()
    return render_template(
        "dashboard/front.html",
        routes=routes_for_everyone(session),
        plans=public_plans(session),
        single=GSM_SINGLE,
    )


def _work(account_id: int) -> dict[str, Any]:
    period, today = chosen_period(_DAYS), now().astimezone(user_zone()).date()
    available = db.session().get_one(Account, account_id).available
    return {
        "period": period,
        "period_kept": period_words(period, _DAYS),
        "period_presets": {
            name: words for name, words in PRESETS.items() if name in (*_CHOICES, period.preset)
        },
        "use": figures(db.session(), account_id, period, today),
        "days_left": days_left(db.session(), account_id, available, today),
        "pace_days": PACE_DAYS,
        "live": live_tasks(db.session(), account_id),
        "latest": latest_tasks(db.session(), account_id, _LATEST),
    }
