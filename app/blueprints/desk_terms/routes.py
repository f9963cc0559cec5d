"""Writing a version of the terms, looking at it, publishing it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import ADMINS, ANY_STAFF, roles_required, signed_in_user
from app.accounts import terms_keeping
from app.accounts.terms import SHIPPED_TERMS, Terms, current_terms
from app.accounts.terms_keeping import TermsRefused
from app.blueprints.desk_terms import blueprint
from app.blueprints.desk_terms.forms import DraftForm
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.extensions import db


@blueprint.get("/")
@roles_required(ANY_STAFF)
def index() -> ResponseReturnValue:
    """Every version, with how many people accepted it."""
    return render_template(
        "desk_terms/index.html",
        lines=terms_keeping.versions(db.session()),
        in_force=current_terms(db.session()).version,
        may_write=signed_in_user().role in ADMINS,
    )


@blueprint.get("/shipped")
@roles_required(ANY_STAFF)
def shipped() -> ResponseReturnValue:
    """The text that ships with Carillon."""
    return render_template("desk_terms/version.html", terms_shown=SHIPPED_TERMS, row=None, may_write=False)


@blueprint.get("/<int:version_id>")
@roles_required(ANY_STAFF)
def version(version_id: int) -> ResponseReturnValue:
    """One version as clients read it: the preview of a draft, or what was published."""
    row = terms_keeping.version(db.session(), version_id)
    return render_template(
        "desk_terms/version.html",
        terms_shown=Terms(row.version, row.text, row.published_at),
        row=row,
        may_write=signed_in_user().role in ADMINS,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@roles_required(ADMINS)
def new() -> ResponseReturnValue:
    """A new draft, begun from the text that is in force."""
    return _edit(DraftForm(data={"text": current_terms(db.session()).text}), None)


@blueprint.route("/<int:version_id>/edit", methods=["GET", "POST"])
@roles_required(ADMINS)
def edit(version_id: int) -> ResponseReturnValue:
    """Change a draft."""
    row = terms_keeping.version(db.session(), version_id)
    return _edit(DraftForm(data={"version": row.version, "text": row.text}), version_id)


@blueprint.post("/<int:version_id>/publish")
@roles_required(ADMINS)
def publish(version_id: int) -> ResponseReturnValue:
    """Put a draft in force."""
    actor = _actor()
    with write_transaction(db.session()) as session:
        name = terms_keeping.publish(session, actor, version_id).version
    flash(
        _(
            "%(name)s is in force. Everybody is asked to accept it at their next sign-in or submission.",
            name=name,
        ),
        "success",
    )
    return redirect(url_for(".index"), 303)


@blueprint.post("/<int:version_id>/discard")
@roles_required(ADMINS)
def discard(version_id: int) -> ResponseReturnValue:
    """Throw a draft away."""
    actor = _actor()
    with write_transaction(db.session()) as session:
        terms_keeping.discard(session, actor, version_id)
    flash(_("The draft is gone."), "success")
    return redirect(url_for(".index"), 303)


def _edit(form: DraftForm, version_id: int | None) -> ResponseReturnValue:
    actor = _actor()
    if form.validate_on_submit():
        try:
            with write_transaction(db.session()) as session:
                draft = terms_keeping.write_draft(
                    session, actor, form.version.data, form.text.data, version_id
                )
                version_id = draft.id
            return redirect(url_for(".version", version_id=version_id), 303)
        except TermsRefused as refusal:
            form.form_errors = [*form.form_errors, refusal.message]
    page = render_template("desk_terms/edit.html", form=form, version_id=version_id)
    return page, 422 if form.is_submitted() else 200


def _actor() -> Actor:
    return Actor.of(signed_in_user(), request.remote_addr)
