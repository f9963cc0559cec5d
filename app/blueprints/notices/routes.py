"""The reader's notices, newest first; reading them; choosing what to be told."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.access import ANYONE_SIGNED_IN, roles_required, signed_in_user
from app.blueprints.notices import blueprint
from app.blueprints.notices.forms import ReadAllForm
from app.database import write_transaction
from app.extensions import db
from app.models import Notice
from app.notices import choices, reading
from app.records.pages import page_by_key


@blueprint.get("")
@roles_required(ANYONE_SIGNED_IN)
def index() -> ResponseReturnValue:
    """Everything that the reader was told, newest first."""
    own = select(Notice).where(Notice.user_id == signed_in_user().id, Notice.on_page)
    before, after = (request.args.get(name, type=int) for name in ("before", "after"))
    page = page_by_key(db.session(), own, Notice.id, before=before, after=after, size=reading.PAGE_SIZE)
    return render_template("notices/index.html", page=page)


@blueprint.post("/<int:notice_id>/open")
@roles_required(ANYONE_SIGNED_IN)
def open(notice_id: int) -> ResponseReturnValue:
    """Note that it was read, and go where it leads."""
    user_id = signed_in_user().id
    with write_transaction(db.session()) as session:
        path = reading.mark_read(session, user_id, notice_id)
    return redirect(path, 303)


@blueprint.post("/read")
@roles_required(ANYONE_SIGNED_IN)
def read_all() -> ResponseReturnValue:
    """Note that all that the page showed, and all before, were read."""
    user_id, form = signed_in_user().id, ReadAllForm()
    if form.validate():
        with write_transaction(db.session()) as session:
            reading.mark_all_read(session, user_id, form.up_to.data)
    return redirect(url_for(".index"), 303)


@blueprint.route("/settings", methods=["GET", "POST"])
@roles_required(ANYONE_SIGNED_IN)
def settings() -> ResponseReturnValue:
    """Which notices the reader wants, on the pages and by e-mail."""
    user = signed_in_user()
    if request.method == "POST":
        with write_transaction(db.session()) as session:
            choices.choose(session, user, request.form.getlist("on_page"), request.form.getlist("by_email"))
        flash(_("Saved. It holds for what happens from now on."), "success")
        return redirect(url_for(".settings"), 303)
    return render_template("notices/settings.html", choices=choices.choices_of(db.session(), user))
