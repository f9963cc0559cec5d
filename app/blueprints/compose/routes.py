"""What a script asks while somebody writes: the server's own count, and what is in the chosen file."""

from __future__ import annotations

from flask import current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from app.access import SENDERS, roles_required, signed_in_account_id
from app.blueprints.bulk.forms import BulkForm
from app.blueprints.compose import blueprint
from app.blueprints.compose.composer import offer_routes, preview_of
from app.blueprints.compose.forms import ComposeForm
from app.blueprints.compose.phone import phone_of
from app.blueprints.quick.forms import QuickForm
from app.errors import NotFound
from app.extensions import db
from app.lists.saved import sendable_lists
from app.models import Task
from app.recipients.errors import FileRefused
from app.recipients.writing import looks_like_number
from app.sending.lookup import task_of
from app.sending.states import DRAFT_STATES
from app.web_context import user_zone


@blueprint.post("/preview")
@roles_required(SENDERS)
def preview() -> ResponseReturnValue:
    """What the text takes and costs, what the rules say of it and how it looks, as partials for composer.js."""
    account_id = signed_in_account_id()
    form, refusal, shown = _form(account_id), None, None
    try:
        shown = preview_of(form, account_id) if form.route else None
    except FileRefused as refused:
        refusal = refused.message
    phone = phone_of(form, _draft(account_id))
    return render_template("compose/_live.html", form=form, shown=shown, refusal=refusal, phone=phone)


@blueprint.post("/file")
@roles_required(SENDERS)
def file() -> ResponseReturnValue:
    """Take a chosen file in before the form is sent: kept under the account's token, and looked into."""
    account_id = signed_in_account_id()
    form = _bulk_form(account_id)
    form.keep_file()
    phone = phone_of(form, None)
    refused = " ".join(form.file.errors) or phone.note
    odd = phone.to if phone.in_all and not looks_like_number(phone.to) else ""
    said = render_template("compose/_file_said.html", phone=phone, refused=refused, odd=odd)
    return jsonify(kept=form.kept_file.data or "", said=said)


def _form(account_id: int) -> ComposeForm:
    if "recipients" in request.form:
        form: ComposeForm = QuickForm()
    elif "kept_file" in request.form:
        return _bulk_form(account_id)
    else:
        form = ComposeForm()
    offer_routes(form, account_id, user_zone())
    return form


def _bulk_form(account_id: int) -> BulkForm:
    form = BulkForm()
    offer_routes(form, account_id, user_zone())
    form.expect_file(current_app.config["CARILLON"], account_id, required=False)
    form.offer_lists(sendable_lists(db.session(), account_id))
    return form


def _draft(account_id: int) -> Task | None:
    """The draft that is being edited, where the form names one."""
    try:
        task = task_of(db.session(), account_id, request.form.get("draft", ""))
    except NotFound:
        return None
    return task if task.state in DRAFT_STATES else None
