"""The development outbox: letters and text messages as they were written, and the demo staff's present code."""

from __future__ import annotations

from functools import partial

from flask import current_app, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app import demo
from app.access import public
from app.accounts.second_factor import STEP_SECONDS, code_at
from app.blueprints.outbox import blueprint
from app.clock import now
from app.extensions import db
from app.letters.writing import completed
from app.models import Letter

_SHOWN = 50


@blueprint.get("")
@public
def letters() -> ResponseReturnValue:
    """The newest letters first."""
    settings = current_app.config["CARILLON"]
    assert not settings.is_production
    moment = now()
    return render_template(
        "outbox/letters.html",
        completed=partial(completed, public_url=settings.public_url, secret_key=settings.secret_key),
        letters=db.session.scalars(select(Letter).order_by(Letter.id.desc()).limit(_SHOWN)).all(),
        staff=next(person for person in demo.SIGN_INS if person.totp_secret),
        code=code_at(demo.STAFF_TOTP_SECRET, moment),
        seconds_left=STEP_SECONDS - int(moment.timestamp()) % STEP_SECONDS,
    )
