"""Stop an account's messages to one's own number. Tells nothing of the account, nor of what it knows."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.access import public
from app.accounts import abuse
from app.accounts.abuse import Act
from app.blueprints import limits
from app.blueprints.opt_out import blueprint
from app.blueprints.opt_out.forms import OptOutForm
from app.database import write_transaction
from app.extensions import db
from app.lists import opt_out
from app.recipients.numbers import NumberRejected


@blueprint.get("/<public_id>")
@public
def page(public_id: str) -> ResponseReturnValue:
    """Asks for the number; nothing changes before the button is pressed."""
    opt_out.require_page(db.session(), public_id)
    return render_template("opt_out/page.html", form=OptOutForm(formdata=None), done=False)


@blueprint.post("/<public_id>")
@public
def stop(public_id: str) -> ResponseReturnValue:
    """Suppress the number for this account."""
    limits.take(Act.OPT_OUT, abuse.network_of(request.remote_addr or ""))
    form = OptOutForm()
    if not form.validate():
        return render_template("opt_out/page.html", form=form, done=False), 422
    try:
        with write_transaction(db.session()) as session:
            opt_out.opt_out(session, public_id, form.number.data)
    except NumberRejected as rejected:
        form.number.errors = [rejected.message]
        return render_template("opt_out/page.html", form=form, done=False), 422
    return render_template("opt_out/page.html", form=form, done=True)
