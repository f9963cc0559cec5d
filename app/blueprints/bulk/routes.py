"""Upload a bulk message, go back to one, and the file's templates."""

from __future__ import annotations

import io

from flask import abort, current_app, request, send_file
from flask.typing import ResponseReturnValue

from app.access import SENDERS, roles_required, signed_in_user
from app.accounts.membership import account_id_of
from app.blueprints.bulk import blueprint
from app.blueprints.bulk.forms import BulkForm
from app.blueprints.compose.composer import Composer, editable_task, offer_routes
from app.blueprints.compose.forms import task_values
from app.extensions import db
from app.lists.saved import sendable_lists
from app.models import TaskKind
from app.recipients.template import template_csv, template_txt, template_xlsx
from app.sending.drafting import drafts
from app.web_context import user_zone

_TEMPLATES = {
    "csv": (template_csv, "text/csv"),
    "xlsx": (template_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "txt": (template_txt, "text/plain"),
}


@blueprint.route("/", methods=["GET", "POST"])
@roles_required(SENDERS)
def new() -> ResponseReturnValue:
    """A new bulk message. The file is stored and read later, by a job."""
    user = signed_in_user()
    form = BulkForm()
    offer_routes(form, account_id_of(user), user_zone())
    form.expect_file(current_app.config["CARILLON"], account_id_of(user), required=True)
    form.offer_lists(sendable_lists(db.session(), account_id_of(user)), request.args.get("list", ""))
    return Composer(TaskKind.BULK, form, account_id_of(user)).answer(
        lambda session: drafts.create_bulk(session, user, form.draft_request(), form.stored_upload)
    )


@blueprint.route("/<public_id>/edit", methods=["GET", "POST"])
@roles_required(SENDERS)
def edit(public_id: str) -> ResponseReturnValue:
    """Change the text or the file of a bulk message that has not been submitted; it is checked again."""
    account_id = account_id_of(signed_in_user())
    task = editable_task(account_id, public_id, TaskKind.BULK)
    zone = user_zone()
    form = BulkForm(data={**task_values(task, zone), "wants_canary": task.wants_canary})
    offer_routes(form, account_id, zone)
    has_recipients = any((task.upload_key, task.list_id, task.again_of_id))
    form.expect_file(current_app.config["CARILLON"], account_id, required=not has_recipients)
    form.offer_lists(sendable_lists(db.session(), account_id))
    return Composer(TaskKind.BULK, form, account_id, task).answer(
        lambda session: drafts.edit(session, account_id, public_id, form.draft_request(), upload=form.upload)
    )


@blueprint.get("/template.<kind>")
@roles_required(SENDERS)
def template(kind: str) -> ResponseReturnValue:
    """The recipient file to fill in, as csv, xlsx or txt."""
    if kind not in _TEMPLATES:
        abort(404)
    make, mimetype = _TEMPLATES[kind]
    return send_file(
        io.BytesIO(make()), mimetype=mimetype, as_attachment=True, download_name=f"recipients.{kind}"
    )
