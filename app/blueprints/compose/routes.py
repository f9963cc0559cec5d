"""The live preview: the server's own count while somebody types."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.access import SENDERS, roles_required, signed_in_user
from app.accounts.membership import account_id_of
from app.blueprints.compose import blueprint
from app.blueprints.compose.composer import offer_routes, preview_of
from app.blueprints.compose.forms import ComposeForm
from app.blueprints.quick.forms import QuickForm
from app.recipients.errors import FileRefused
from app.web_context import user_zone


@blueprint.post("/preview")
@roles_required(SENDERS)
def preview() -> ResponseReturnValue:
    """What the text takes and costs and what the rules say of it, as a partial for composer.js."""
    form = QuickForm() if "recipients" in request.form else ComposeForm()
    account_id = account_id_of(signed_in_user())
    offer_routes(form, account_id, user_zone())
    try:
        shown = preview_of(form, account_id) if form.route else None
    except FileRefused as refusal:
        return render_template("compose/_preview.html", form=form, shown=None, refusal=refusal.message)
    return render_template("compose/_preview.html", form=form, shown=shown, refusal=None)
