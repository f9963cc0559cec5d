"""Months, weeks and days of tasks with a set time, and moving one of them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import ANY_CLIENT, SENDERS, roles_required, signed_in_account_id, signed_in_user
from app.blueprints.calendar import blueprint
from app.blueprints.calendar.asked import DAYS, Asked, asked_for, place_words
from app.blueprints.calendar.forms import MoveForm
from app.blueprints.compose.schedule import comes_twice, zone_name
from app.clock import now
from app.database import write_transaction
from app.desk import task_acts
from app.desk.audit_log import Actor
from app.errors import Conflict, NotFound, TaskRefused
from app.extensions import db
from app.language import day_words
from app.language import gettext as _
from app.models import Task
from app.records.calendar import agenda, weeks_of_month
from app.sending.lookup import task_of
from app.sending.steering import MOVABLE
from app.web_context import local_time, user_zone


@blueprint.app_template_filter("clock")
def _clock(moment: datetime) -> str:
    """What the reader's clock shows at a moment."""
    return f"{moment.astimezone(user_zone()):%H:%M}"


@blueprint.app_template_filter("local_date")
def _local_date(moment: datetime) -> str:
    """The reader's day of a moment, as an address has it."""
    return moment.astimezone(user_zone()).date().isoformat()


blueprint.add_app_template_filter(day_words, "day_words")


@blueprint.get("/")
@roles_required(ANY_CLIENT)
def index() -> ResponseReturnValue:
    """The calendar, by the reader's clocks: a month, or the list of a week or a day."""
    zone = user_zone()
    present = now().astimezone(zone)
    asked = asked_for(request.args, present.date())
    shown = _month(asked) if asked.view == "month" else _list(asked)
    more = {"asked": asked, "today": present.date(), "clock": present, "zone_name": zone_name(zone)}
    may_send = signed_in_user().role in SENDERS
    return render_template("calendar/index.html", may_send=may_send, movable=MOVABLE, **more, **shown)


@blueprint.route("/<public_id>/move", methods=["GET", "POST"])
@roles_required(SENDERS)
def move(public_id: str) -> ResponseReturnValue:
    """Another time for a task that has not begun. One that disturbs somebody's night is asked about once more."""
    task = task_of(db.session(), signed_in_account_id(), public_id)
    if task.state not in MOVABLE or task.scheduled_at is None:
        raise Conflict(_("This task has begun or is over, so its time cannot be changed any more."))
    form = MoveForm(data=_standing(task))
    form.zone = user_zone()
    if not form.is_submitted():
        return _move_page(task, form)
    if not form.validate() or form.disturbs(task, current_app.config["CARILLON"].quiet_hours):
        return _move_page(task, form, 422)
    return _move(task, form)


def _move(task: Task, form: MoveForm) -> ResponseReturnValue:
    moment, public_id = form.moment or now(), task.public_id
    actor, account_id = Actor.of(signed_in_user(), request.remote_addr), signed_in_account_id()
    try:
        with write_transaction(db.session()) as session:
            moved = task_acts.move(session, actor, account_id, public_id, moment, seen=form.seen_moment)
            name, day = moved.name, moment.astimezone(form.zone).date()
    except NotFound:
        raise
    except TaskRefused as refusal:
        form.at.errors = [refusal.message]
        return _move_page(task_of(db.session(), account_id, public_id), form, 422)
    except Conflict as conflict:
        flash(conflict.message, "error")
        return redirect(url_for("tasks.page", public_id=public_id), 303)
    flash(_("“%(name)s” now starts %(time)s.", name=name, time=local_time(moment)), "success")
    if comes_twice(moment, form.zone):
        flash(_("This time comes twice that night, as clocks go back. The task starts at the first."), "info")
    asked: dict[str, Any] = {"from": day.isoformat()}
    return redirect(url_for("calendar.index", **asked), 303)


def _move_page(task: Task, form: MoveForm, status: int = 200) -> ResponseReturnValue:
    allowed = form.quiet.allowed if form.quiet else None
    wall = allowed.astimezone(form.zone).strftime("%Y-%m-%dT%H:%M") if allowed else ""
    words = f"{zone_name(form.zone)} ({now().astimezone(form.zone):%H:%M})"
    page = render_template("calendar/move.html", task=task, form=form, allowed_wall=wall, zone_words=words)
    return page, status


def _standing(task: Task) -> dict[str, Any]:
    """The task's time as the form takes it."""
    at: datetime = task.scheduled_at or now()
    return {
        "at": at.astimezone(user_zone()).replace(tzinfo=None, fold=0),
        "seen": at.astimezone(UTC).isoformat(),
    }


def _month(asked: Asked) -> dict[str, Any]:
    weeks = weeks_of_month(db.session(), signed_in_account_id(), asked.day, user_zone())
    busy = [day for week in weeks for day in week if day.count and day.day.month == asked.day.month]
    return {"weeks": weeks, "busy": busy, "planned": any(day.count for week in weeks for day in week)}


def _list(asked: Asked) -> dict[str, Any]:
    zone = user_zone()
    page = agenda(
        db.session(),
        signed_in_account_id(),
        asked.day,
        DAYS[asked.view],
        zone,
        after=asked.after,
        before=asked.before,
    )

    def day_of(task: Task) -> Any:
        return (task.scheduled_at or now()).astimezone(zone).date()

    days = [(day, list(tasks)) for day, tasks in groupby(page.rows, key=day_of)]
    return {"page": page, "days": days, "place_words": place_words}
