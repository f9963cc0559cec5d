"""The web's side of a session: which cookie stands for whom, how long, and how it begins and ends."""

from __future__ import annotations

from flask import Flask, current_app, g, request
from flask import session as cookie
from flask_login import current_user, login_user, logout_user

from app.accounts import sessions
from app.accounts.sessions import Visitor, device_name
from app.accounts.strength import explanation
from app.clock import now
from app.database import write_transaction
from app.desk.audit_log import Actor
from app.extensions import db, login
from app.language import gettext, mark
from app.models import DeviceSession, User
from config import Settings

_TOKEN = "device"  # noqa: S105  (a name in the cookie)
_CLAIM = "_user_id"  # Flask-Login's own


def init_app(app: Flask) -> None:
    """Tell Flask-Login how to find people, and note when a device is used."""
    login.login_view = "auth.sign_in"
    login.login_message = mark("Sign in to go on.")
    login.localize_callback = gettext
    login.session_protection = None  # a device's session is ended by its record, not by a change of address
    login.user_loader(_load_user)
    app.before_request(_note_use)
    app.add_template_filter(device_name)
    app.context_processor(lambda: {"password_explanation": explanation()})


def visitor() -> Visitor:
    """Where this request comes from."""
    return Visitor(request.remote_addr or "unknown", request.user_agent.string)


def actor_of(user: User) -> Actor:
    """This person, acting through this request."""
    return Actor.of(user, request.remote_addr)


def begin(user: User, token: str) -> None:
    """Sign in: a session of its own, so that nothing of what a stranger may have planted in the old one stays."""
    cookie.clear()
    cookie.permanent = True
    cookie[_TOKEN] = token
    login_user(user)


def renew(user: User) -> None:
    """Keep the signed-in person signed in here, when the version of all their sessions has changed."""
    begin(user, present_token())


def end() -> None:
    """Sign out here."""
    logout_user()
    cookie.clear()


def present_token() -> str:
    """The token of this device's session; empty where nobody is signed in."""
    token = cookie.get(_TOKEN, "")
    return token if isinstance(token, str) else ""


def _load_user(claim: str) -> User | None:
    """The person whom the cookie claims, while the database agrees."""
    user_id, _, version = claim.partition(".")
    token = present_token()
    if not (user_id.isdecimal() and version.isdecimal() and token):
        return None
    found = sessions.signed_in(db.session(), int(user_id), int(version), token, _settings())
    if found is None:
        return None
    user, g.device = found
    return user


def _note_use() -> None:
    """Note now and then that the device is in use. A page that refreshes itself is not a person at work."""
    if _CLAIM not in cookie or request.endpoint is None or request.endpoint.endswith("static"):
        return
    by_itself = request.method == "GET" and request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
    if by_itself or not current_user.is_authenticated:
        return
    device: DeviceSession = g.device
    if sessions.is_stale(device, now()):
        with write_transaction(db.session()) as session:
            sessions.note_seen(session, device.id)


def _settings() -> Settings:
    return current_app.config["CARILLON"]
