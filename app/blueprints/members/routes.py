"""An owner's list of members, and the page that an invitation leads to."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import OWNERS, public, roles_required, signed_in_account_id, signed_in_user
from app.accounts import members, terms
from app.accounts.abuse import Act
from app.accounts.members import MemberRefused
from app.accounts.passwords import hasher_of
from app.accounts.strength import WeakPassword, explanation
from app.blueprints import limits
from app.blueprints.members import blueprint
from app.blueprints.members.forms import ROLE_WORDS, InviteForm, JoinForm, RoleForm
from app.clock import now
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.errors import Conflict
from app.extensions import db
from app.models import Role


@blueprint.get("/members")
@roles_required(OWNERS)
def index() -> ResponseReturnValue:
    """Who is in, and who is invited."""
    return _page(InviteForm(formdata=None))


@blueprint.post("/members/invite")
@roles_required(OWNERS)
def invite() -> ResponseReturnValue:
    """Invite somebody by e-mail."""
    form, actor, account_id = InviteForm(), _actor(), signed_in_account_id()
    if not form.validate():
        return _page(form), 422
    limits.take(Act.INVITE, account_id)
    try:
        with write_transaction(db.session()) as session:
            members.invite(session, actor, account_id, form.email.data, form.role.data, _public_url())
    except MemberRefused as refusal:
        form.email.errors = [refusal.message]
        return _page(form), 422
    flash(
        _("%(data)s is invited. The link in the e-mail works for seven days.", data=form.email.data),
        "success",
    )
    return redirect(url_for(".index"), 303)


@blueprint.post("/members/invitations/<int:invitation_id>/resend")
@roles_required(OWNERS)
def resend(invitation_id: int) -> ResponseReturnValue:
    """Write an invitation again, with a new link."""
    actor, account_id = _actor(), signed_in_account_id()
    limits.take(Act.INVITE, account_id)
    with write_transaction(db.session()) as session:
        email = members.resend(session, actor, account_id, invitation_id, _public_url()).email
    flash(
        _("A new link is on its way to %(email)s. The old one does not work any more.", email=email),
        "success",
    )
    return redirect(url_for(".index"), 303)


@blueprint.post("/members/invitations/<int:invitation_id>/revoke")
@roles_required(OWNERS)
def revoke(invitation_id: int) -> ResponseReturnValue:
    """Take an invitation back."""
    actor, account_id = _actor(), signed_in_account_id()
    with write_transaction(db.session()) as session:
        email = members.revoke(session, actor, account_id, invitation_id).email
    flash(_("The invitation of %(email)s is taken back.", email=email), "success")
    return redirect(url_for(".index"), 303)


@blueprint.route("/members/<int:user_id>", methods=["GET", "POST"])
@roles_required(OWNERS)
def member(user_id: int) -> ResponseReturnValue:
    """One member: their role, and the way out."""
    actor, account_id = _actor(), signed_in_account_id()
    found = members.member(db.session(), account_id, user_id)
    form = RoleForm(data={"role": found.role})
    if form.validate_on_submit():
        try:
            with write_transaction(db.session()) as session:
                found = members.change_role(session, actor, account_id, user_id, form.role.data)
                words = f"{found.name} is {found.role} now."
            flash(words, "success")
            return redirect(url_for(".index"), 303)
        except MemberRefused as refusal:
            form.role.errors = [refusal.message]
    page = render_template("members/member.html", member=found, form=form)
    return page, 422 if form.is_submitted() else 200


@blueprint.post("/members/<int:user_id>/remove")
@roles_required(OWNERS)
def remove(user_id: int) -> ResponseReturnValue:
    """Take a member's sign-in away."""
    actor, account_id = _actor(), signed_in_account_id()
    try:
        with write_transaction(db.session()) as session:
            name = members.remove(session, actor, account_id, user_id).name
        flash(_("%(name)s is removed, and signed out everywhere.", name=name), "success")
    except MemberRefused as refusal:
        flash(refusal.message, "error")
    return redirect(url_for(".index"), 303)


@blueprint.route("/invitations/<token>", methods=["GET", "POST"])
@public
def join(token: str) -> ResponseReturnValue:
    """Take up an invitation: name, password, terms; then sign in."""
    invitation, account = members.open_invitation(db.session(), token)
    form = JoinForm(data={"terms_version": terms.current_terms(db.session()).version})
    if form.validate_on_submit():
        try:
            _join(token, form)
            flash(
                _("Welcome. Sign in with your e-mail and the password that you have just chosen."), "success"
            )
            return redirect(url_for("auth.sign_in"), 303)
        except WeakPassword as weak:
            form.password.errors = [weak.message]
        except (MemberRefused, Conflict) as refusal:
            form.form_errors = [*form.form_errors, refusal.message]
            form.terms_version.data = terms.current_terms(db.session()).version
    page = render_template(
        "members/join.html", form=form, invitation=invitation, account=account, explanation=explanation()
    )
    return page, 422 if form.is_submitted() else 200


def _join(token: str, form: JoinForm) -> None:
    limits.take(Act.JOIN, token)
    ip, hasher = request.remote_addr or "", hasher_of(current_app.config["CARILLON"])
    password_hash = members.new_hash(db.session(), token, form.name.data, form.password.data, hasher)
    with write_transaction(db.session()) as session:
        user = members.join(session, token, form.name.data, password_hash, ip)
        terms.accept(session, user, form.terms_version.data, "invitation", ip)


def _actor() -> Actor:
    return Actor.of(signed_in_user(), request.remote_addr)


def _public_url() -> str:
    return current_app.config["CARILLON"].public_url


def _page(form: InviteForm) -> str:
    account_id = signed_in_account_id()
    return render_template(
        "members/index.html",
        form=form,
        members=members.members(db.session(), account_id),
        invitations=members.invitations(db.session(), account_id),
        moment=now(),
        role_words={role.value: words.partition(":")[0] for role, words in ROLE_WORDS.items()},
        owner=Role.OWNER,
    )
