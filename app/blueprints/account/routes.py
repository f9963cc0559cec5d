"""The security page, its devices and its history. Beside it: password, second factor, e-mail address, phone."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import web_sessions
from app.access import ANYONE_SIGNED_IN, roles_required, signed_in_user
from app.accounts import second_factor, sessions
from app.accounts.sign_in import tries_of
from app.blueprints.account import blueprint, contact, factor, password, zone  # noqa: F401  (their views)
from app.blueprints.auth import pages
from app.database import write_transaction
from app.desk import audit_log
from app.extensions import db

_RECENT = 5
_PAGE = 50


@blueprint.get("/security")
@roles_required(ANYONE_SIGNED_IN)
def security() -> ResponseReturnValue:
    """How this person signs in, and where they are signed in."""
    user, session = signed_in_user(), db.session()
    return render_template(
        "account/security.html",
        devices=sessions.devices_of(session, user, pages.settings()),
        is_here=lambda device: sessions.is_token_of(device, web_sessions.present_token()),
        tries=tries_of(session, user, limit=_RECENT),
        codes_left=second_factor.recovery_codes_left(session, user),
    )


@blueprint.get("/sign-ins")
@roles_required(ANYONE_SIGNED_IN)
def sign_ins() -> ResponseReturnValue:
    """Every try to sign in as this person, page by page."""
    before = request.args.get("before", type=int)
    tries = tries_of(db.session(), signed_in_user(), limit=_PAGE + 1, before_id=before)
    older = tries[_PAGE - 1].id if len(tries) > _PAGE else None
    return render_template("account/sign_ins.html", tries=tries[:_PAGE], older=older, first=before is None)


@blueprint.post("/devices/<int:device_id>/end")
@roles_required(ANYONE_SIGNED_IN)
def end_device(device_id: int) -> ResponseReturnValue:
    """Sign one of one's devices out."""
    with write_transaction(db.session()) as session:
        user = signed_in_user()
        ended = sessions.end_device(session, web_sessions.actor_of(user), user, device_id)
    if not ended:
        abort(404)
    flash(_("That device is signed out."), "success")
    return redirect(url_for("account.security"), 303)


@blueprint.post("/devices/end-others")
@roles_required(ANYONE_SIGNED_IN)
def end_others() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    with write_transaction(db.session()) as session:
        user = signed_in_user()
        number = sessions.end_others(session, user, web_sessions.present_token())
        user.session_version += 1
        audit_log.record(
            session,
            web_sessions.actor_of(user),
            "user.end_other_devices",
            f"user:{user.id}",
            account_id=user.account_id,
            after={"devices": number},
        )
    web_sessions.renew(user)
    flash(_("Every other device is signed out."), "success")
    return redirect(url_for("account.security"), 303)
