"""The desk's first page: what waits, how the routes do, how the day goes."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import ANY_STAFF, OPERATORS, roles_required, signed_in_user
from app.blueprints.staff import blueprint
from app.blueprints.staff.forms import NoteForm
from app.clock import now
from app.database import write_transaction
from app.desk import home
from app.desk.audit_log import Actor
from app.extensions import db
from app.records import desk as records
from app.sending import heartbeat


@blueprint.get("/")
@roles_required(ANY_STAFF)
def desk() -> ResponseReturnValue:
    """What waits for staff, alerts, routes, and what was submitted since midnight UTC, the desk's clock."""
    return _page()


@blueprint.post("/alerts/<int:alert_id>/dismiss")
@roles_required(OPERATORS)
def dismiss_alert(alert_id: int) -> ResponseReturnValue:
    """Take an alert off the desk, with a word on what was done."""
    form, actor = NoteForm(prefix=f"a{alert_id}-"), Actor.of(signed_in_user(), request.remote_addr)
    if not form.validate():
        return _page({alert_id: form}), 422
    with write_transaction(db.session()) as session:
        home.dismiss_alert(session, actor, alert_id, form.note.data)
    flash(_("The alert is off the desk; the audit log keeps it with your note."), "success")
    return redirect(url_for(".desk"), 303)


def _page(wrong: dict[int, NoteForm] | None = None) -> str:
    moment = now()
    session = db.session()
    routes = [(route, records.route_standing(route, moment)) for route in records.routes(session)]
    found = records.alerts(session)
    alerts = [
        (alert, (wrong or {}).get(alert.id) or NoteForm(formdata=None, prefix=f"a{alert.id}-"))
        for alert in found
    ]
    return render_template(
        "staff/desk.html",
        waiting=home.waiting(session),
        volume=home.volume(session, moment.astimezone(UTC).date()),
        alerts=alerts,
        tasks_of_alerts=records.tasks_named(session, found),
        routes=routes,
        no_ticker_since=_no_ticker_since(moment),
        accounts=records.accounts(session),
        may_operate=signed_in_user().role in OPERATORS,
    )


def _no_ticker_since(moment: datetime) -> datetime | None:
    """When the last ticker came by, where that is long ago."""
    silence = heartbeat.silence(db.session(), moment)
    return moment - silence if silence is not None and silence > heartbeat.LATE else None
