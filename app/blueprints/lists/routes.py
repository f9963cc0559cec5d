"""Keep recipient lists: upload, save, look, merge, rename, delete, download."""

from __future__ import annotations

from types import SimpleNamespace

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.access import SENDERS, roles_required, signed_in_account_id, signed_in_user
from app.blueprints.attachments import attachment
from app.blueprints.lists import blueprint
from app.blueprints.lists.forms import MergeForm, NameForm, UploadListForm
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import CarillonError, Conflict, NotFound, TaskRefused
from app.extensions import db
from app.language import thousands
from app.lists import saved
from app.models import ListEntry, RecipientList
from app.recipients.export import rejections_csv, safe_csv


@blueprint.get("/")
@roles_required(SENDERS)
def index() -> ResponseReturnValue:
    """All of the account's lists, and the ways to make one."""
    return _index(UploadListForm(formdata=None), MergeForm(formdata=None))


@blueprint.post("/")
@roles_required(SENDERS)
def upload() -> ResponseReturnValue:
    """A list from a file, which a job reads."""
    form, user_id, account_id = UploadListForm(), signed_in_user().id, signed_in_account_id()
    if not form.store():
        return _index(form, MergeForm(formdata=None), 422)
    stored = form.upload
    try:
        with write_transaction(db.session()) as session:
            made = saved.save_upload(session, user_id, account_id, form.name.data, stored.key, stored.name)
            public_id = made.public_id
    except Conflict as conflict:
        form.name.errors = [conflict.message]
        return _index(form, MergeForm(formdata=None), 422)
    return redirect(url_for("lists.one", public_id=public_id), 303)


@blueprint.post("/merge")
@roles_required(SENDERS)
def merge() -> ResponseReturnValue:
    """One new list out of several, each number once."""
    form, user_id, account_id = MergeForm(), signed_in_user().id, signed_in_account_id()
    most = current_app.config["CARILLON"].limits.bulk_recipients
    if not form.validate():
        return _index(UploadListForm(formdata=None), form, 422)
    try:
        with write_transaction(db.session()) as session:
            made = saved.merge(session, user_id, account_id, form.lists.data, form.name.data, most)
            public_id, size, name = made.public_id, made.size, made.name
    except (Conflict, TaskRefused, NotFound) as refusal:
        form.form_errors = [refusal.message]
        return _index(UploadListForm(formdata=None), form, 422)
    flash(_("“%(name)s” has %(size)s different numbers.", name=name, size=thousands(size)), "success")
    return redirect(url_for("lists.one", public_id=public_id), 303)


@blueprint.post("/from-task/<public_id>")
@roles_required(SENDERS)
def save_task(public_id: str) -> ResponseReturnValue:
    """The valid recipients of a checked draft as a list."""
    form, user_id, account_id = NameForm(), signed_in_user().id, signed_in_account_id()
    review = redirect(url_for("review.page", public_id=public_id), 303)
    if not form.validate():
        flash(" ".join(str(error) for error in form.name.errors) or _("Send the form again."), "error")
        return review
    try:
        with write_transaction(db.session()) as session:
            made = saved.save_draft(session, user_id, account_id, public_id, form.name.data)
            flash(
                _(
                    "Saved %(size)s recipients as “%(name)s”. Find it under Recipient lists.",
                    size=thousands(made.size),
                    name=made.name,
                ),
                "success",
            )
    except NotFound:
        raise
    except CarillonError as refusal:
        flash(refusal.message, "error")
    return review


@blueprint.get("/<public_id>")
@roles_required(SENDERS)
def one(public_id: str) -> ResponseReturnValue:
    """A list's numbers, and what became of its file."""
    found = _list(public_id)
    return _one(found, NameForm(formdata=None, name=found.name))


@blueprint.get("/<public_id>/progress")
@roles_required(SENDERS)
def progress(public_id: str) -> ResponseReturnValue:
    """The list's state by itself, for refresh.js."""
    return render_template("lists/_state.html", saved=_list(public_id))


@blueprint.post("/<public_id>")
@roles_required(SENDERS)
def rename(public_id: str) -> ResponseReturnValue:
    """Give the list another name."""
    form, account_id = NameForm(), signed_in_account_id()
    if not form.validate():
        return _one(_list(public_id), form, 422)
    try:
        with write_transaction(db.session()) as session:
            saved.rename(session, account_id, public_id, form.name.data)
    except Conflict as conflict:
        form.name.errors = [conflict.message]
        return _one(_list(public_id), form, 422)
    return redirect(url_for("lists.one", public_id=public_id), 303)


@blueprint.post("/<public_id>/delete")
@roles_required(SENDERS)
def delete(public_id: str) -> ResponseReturnValue:
    """Forget the list."""
    actor, account_id = Actor.of(signed_in_user(), request.remote_addr), signed_in_account_id()
    with write_transaction(db.session()) as session:
        name = saved.delete_list(session, actor, account_id, public_id)
    flash(
        _("“%(name)s” has been deleted. Tasks that were sent to it keep their records.", name=name), "success"
    )
    return redirect(url_for("lists.index"), 303)


@blueprint.get("/<public_id>/numbers.csv")
@roles_required(SENDERS)
def numbers_csv(public_id: str) -> Response:
    """The list as a file that can be uploaded again."""
    found = _list(public_id)
    names = list(found.field_names)
    entries = db.session().scalars(
        select(ListEntry).where(ListEntry.list_id == found.id).order_by(ListEntry.position)
    )
    rows = ([entry.e164, *(str(entry.fields.get(name, "")) for name in names)] for entry in entries)
    return attachment(safe_csv([["phone", *names], *rows]), f"list-{found.public_id}.csv", "text/csv")


@blueprint.get("/<public_id>/rejected.csv")
@roles_required(SENDERS)
def rejected_csv(public_id: str) -> Response:
    """The rows of the list's file that were left out, with their reasons."""
    found = _list(public_id)
    rows = [SimpleNamespace(**row) for row in found.rejections]
    return attachment(rejections_csv(rows), f"rejected-{found.public_id}.csv", "text/csv")


def _index(form: UploadListForm, merging: MergeForm, status: int = 200) -> ResponseReturnValue:
    found = saved.lists_of(db.session(), signed_in_account_id())
    return render_template("lists/index.html", lists=found, form=form, merging=merging), status


def _one(found: RecipientList, form: NameForm, status: int = 200) -> ResponseReturnValue:
    before, after = (request.args.get(name, type=int) for name in ("before", "after"))
    page = saved.entry_page(db.session(), found, before=before, after=after)
    return render_template("lists/one.html", saved=found, page=page, form=form), status


def _list(public_id: str) -> RecipientList:
    return saved.list_of(db.session(), signed_in_account_id(), public_id)
