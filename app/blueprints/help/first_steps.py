"""The first steps: on the overview until they are done or dismissed, and at any time from the help pages."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.access import ANY_CLIENT, roles_required, signed_in_user
from app.blueprints.help import blueprint
from app.database import write_transaction
from app.extensions import db
from app.help import first_steps
from app.help.first_steps import Step


def steps_of_reader() -> list[Step]:
    """What the overview shows; nothing for staff and strangers."""
    if not current_user.is_authenticated:
        return []
    return first_steps.shown_steps(db.session(), signed_in_user())


@blueprint.get("/help/first-steps")
@roles_required(ANY_CLIENT)
def steps() -> ResponseReturnValue:
    """The first steps, whether they were dismissed or not."""
    found = first_steps.steps_of(db.session(), signed_in_user())
    return render_template("help/first_steps.html", steps=found)


@blueprint.post("/help/first-steps/dismiss")
@roles_required(ANY_CLIENT)
def dismiss_steps() -> ResponseReturnValue:
    """Take them off the overview."""
    user = signed_in_user()
    with write_transaction(db.session()):
        first_steps.dismiss(user)
    return redirect(url_for("dashboard.home"), 303)


@blueprint.post("/help/first-steps/show")
@roles_required(ANY_CLIENT)
def show_steps() -> ResponseReturnValue:
    """Put them onto the overview again."""
    user = signed_in_user()
    with write_transaction(db.session()):
        first_steps.show_again(user)
    return redirect(url_for("dashboard.home"), 303)
