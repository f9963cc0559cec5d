"""Write, see and submit WhatsApp templates."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import SENDERS, roles_required, signed_in_account_id, signed_in_user
from app.blueprints.whatsapp import blueprint
from app.blueprints.whatsapp.forms import TemplateForm
from app.content.switches import Switches
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import Conflict
from app.extensions import db
from app.models import WhatsAppTemplate
from app.sending.route_rules import rulebook_with
from app.whatsapp import templates


@blueprint.get("/")
@roles_required(SENDERS)
def index() -> ResponseReturnValue:
    """The account's templates."""
    found = templates.templates_of(db.session(), signed_in_account_id())
    return render_template("whatsapp/index.html", templates=found)


@blueprint.route("/new", methods=["GET", "POST"])
@roles_required(SENDERS)
def new() -> ResponseReturnValue:
    """A new template."""
    return _write(TemplateForm(), None)


@blueprint.get("/<public_id>")
@roles_required(SENDERS)
def one(public_id: str) -> ResponseReturnValue:
    """A template and where it stands."""
    return render_template("whatsapp/one.html", template=_template(public_id), editable=templates.EDITABLE)


@blueprint.route("/<public_id>/edit", methods=["GET", "POST"])
@roles_required(SENDERS)
def edit(public_id: str) -> ResponseReturnValue:
    """Change a draft, or one that WhatsApp has rejected."""
    template = _template(public_id)
    stands = {"name": template.name, "language": template.language, "body": template.body}
    return _write(TemplateForm(data=stands), template)


@blueprint.post("/<public_id>/submit")
@roles_required(SENDERS)
def submit(public_id: str) -> ResponseReturnValue:
    """Hand a template to staff."""
    actor, account_id = Actor.of(signed_in_user(), request.remote_addr), signed_in_account_id()
    try:
        with write_transaction(db.session()) as session:
            templates.submit(session, actor, account_id, public_id)
    except Conflict as conflict:
        flash(conflict.message, "error")
    return redirect(url_for("whatsapp.one", public_id=public_id), 303)


def _write(form: TemplateForm, template: WhatsAppTemplate | None) -> ResponseReturnValue:
    user_id, account_id = signed_in_user().id, signed_in_account_id()
    form.rulebook = rulebook_with(db.session(), Switches.whatsapp())
    public_id = template.public_id if template else None
    if not form.validate_on_submit():
        page = render_template("whatsapp/write.html", form=form, template=template)
        return page, 422 if form.errors else 200
    values = {"name": form.name.data, "language": form.language.data, "body": form.body.data}
    try:
        with write_transaction(db.session()) as session:
            written = templates.write(
                session, user_id, account_id, **values, header=form.header, public_id=public_id
            )
            public_id = written.public_id
    except Conflict as conflict:
        form.form_errors = [conflict.message]
        return render_template("whatsapp/write.html", form=form, template=template), 422
    return redirect(url_for("whatsapp.one", public_id=public_id), 303)


def _template(public_id: str) -> WhatsAppTemplate:
    return templates.template_of(db.session(), signed_in_account_id(), public_id)
