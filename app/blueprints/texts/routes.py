"""Look at the saved texts, rename and delete them; they are written in the composer."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import saved_texts
from app.access import SENDERS, roles_required, signed_in_account_id, signed_in_user
from app.blueprints.texts import blueprint
from app.content.merge import fields_in
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import Conflict, TaskRefused
from app.extensions import db
from app.language import gettext as _


@blueprint.get("/")
@roles_required(SENDERS)
def index() -> ResponseReturnValue:
    """All of the account's saved texts."""
    return _index()


@blueprint.post("/<public_id>")
@roles_required(SENDERS)
def rename(public_id: str) -> ResponseReturnValue:
    """Give the text another name."""
    name = request.form.get("name", "")
    try:
        with write_transaction(db.session()) as session:
            kept = saved_texts.rename(session, signed_in_account_id(), public_id, name).name
    except (Conflict, TaskRefused) as refusal:
        return _index(wrong=public_id, typed=name, problem=refusal.message)
    flash(_("Renamed to “%(name)s”.", name=kept), "success")
    return redirect(url_for("texts.index", _anchor=f"text-{public_id}"), 303)


@blueprint.post("/<public_id>/delete")
@roles_required(SENDERS)
def delete(public_id: str) -> ResponseReturnValue:
    """Forget the text."""
    actor, account_id = Actor.of(signed_in_user(), request.remote_addr), signed_in_account_id()
    with write_transaction(db.session()) as session:
        name = saved_texts.forget(session, actor, account_id, public_id)
    flash(
        _("“%(name)s” has been deleted. Tasks that were written with it keep their text.", name=name),
        "success",
    )
    return redirect(url_for("texts.index"), 303)


def _index(wrong: str = "", typed: str = "", problem: str = "") -> ResponseReturnValue:
    texts = saved_texts.texts_of(db.session(), signed_in_account_id())
    values = {"texts": texts, "most": saved_texts.MOST, "fields_in": fields_in}
    page = render_template("texts/index.html", **values, wrong=wrong, typed=typed, problem=problem)
    return page, 422 if problem else 200
