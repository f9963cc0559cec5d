"""Look at submitted templates, and mark what WhatsApp says of them."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import AnyOf, InputRequired

from app.access import SUPPORT_DESK, roles_required, signed_in_user
from app.blueprints.attachments import attachment
from app.blueprints.desk_whatsapp import blueprint
from app.blueprints.fields import at_most, one_line
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import Conflict, NotFound
from app.extensions import db
from app.models import TemplateState, WhatsAppTemplate
from app.stored_files import local_copy
from app.web_statuses import look_of
from app.whatsapp import templates

_NEEDS_REASON = frozenset({TemplateState.REJECTED, TemplateState.PAUSED})


class MarkForm(FlaskForm):
    state = SelectField(
        lazy_gettext("WhatsApp’s decision"),
        validators=[InputRequired(), AnyOf(list(templates.MARKS), lazy_gettext("Choose one."))],
        validate_choice=False,  # what is too late is the domain's to refuse
    )
    reason = StringField(
        lazy_gettext("Reason, told to the client"), filters=[one_line], validators=[at_most(500)]
    )

    def __init__(self, template: WhatsAppTemplate, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        states = templates.may_become(template)
        self.state.choices = [SelectChoice(state.value, look_of(state).words) for state in states]


@blueprint.get("/")
@roles_required(SUPPORT_DESK)
def index() -> ResponseReturnValue:
    """Every submitted template, what waits first."""
    return render_template("desk_whatsapp/index.html", templates=templates.waiting_and_decided(db.session()))


@blueprint.get("/<public_id>")
@roles_required(SUPPORT_DESK)
def one(public_id: str) -> ResponseReturnValue:
    """A template, and the form to mark it."""
    return _one(templates.any_template(db.session(), public_id))


@blueprint.post("/<public_id>")
@roles_required(SUPPORT_DESK)
def mark(public_id: str) -> ResponseReturnValue:
    """Write down what WhatsApp has decided."""
    template = templates.any_template(db.session(), public_id)
    form, actor = MarkForm(template), Actor.of(signed_in_user(), request.remote_addr)
    if not form.validate():
        return _one(template, form)
    state = TemplateState(form.state.data)
    if state in _NEEDS_REASON and not form.reason.data:
        form.reason.errors = [_("Say why, so that the client can put it right.")]
        return _one(template, form)
    try:
        with write_transaction(db.session()) as session:
            name = templates.mark(session, actor, public_id, state, form.reason.data).name
        flash(_("The decision on “%(name)s” is kept. The client has been told.", name=name), "success")
    except Conflict as conflict:
        flash(conflict.message, "error")
    return redirect(url_for("desk_whatsapp.one", public_id=public_id), 303)


@blueprint.get("/<public_id>/header")
@roles_required(SUPPORT_DESK)
def header(public_id: str) -> Response:
    """The header file, to be saved and never shown in the page."""
    template = templates.any_template(db.session(), public_id)
    if template.header_key is None:
        raise NotFound(_("This template has no header file."))
    try:
        with local_copy(current_app.config["CARILLON"].uploads_url, template.header_key) as path:
            stored = path.read_bytes()
    except FileNotFoundError:
        raise NotFound(_("This template's header file is no longer stored.")) from None
    ending = {"image/jpeg": "jpg", "image/png": "png"}.get(template.header_type or "", "pdf")
    return attachment(stored, f"header-{public_id}.{ending}", template.header_type or "application/pdf")


def _one(template: WhatsAppTemplate, form: MarkForm | None = None) -> ResponseReturnValue:
    """The page; `form` came back with errors."""
    shown = form or MarkForm(template, formdata=None)
    page = render_template("desk_whatsapp/one.html", template=template, form=shown)
    return page, 422 if form is not None else 200
