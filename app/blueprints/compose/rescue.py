"""What was typed is kept when the session behind it is gone.

A form that was open for too long comes back for a look, with all that stood in it. Whoever is signed out meanwhile
gets it back on a page that leads through the sign-in. Only for forms of our own pages: what another site makes a
browser send is refused like everywhere.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from app.access import SENDERS
from app.web_errors import session_changed

STALE: Final = (
    "X-Form-Stale"  # an answer to a script, which a browser would write into its console as an error
)
_NOT_KEPT: Final = frozenset({"csrf_token", "file"})


def init_blueprint(blueprint: Blueprint) -> None:
    """Keep what is typed into this blueprint's forms."""
    init_answers(blueprint)
    blueprint.before_request(_signed_out)


def init_answers(blueprint: Blueprint) -> None:
    """Tell scripts that a form's token is of another session."""
    blueprint.register_error_handler(CSRFError, _stale)


def by_fetch() -> bool:
    """Whether a script of ours asks, and not the browser for a page."""
    return request.headers.get("X-Requested-With") == "fetch"


def is_stale() -> bool:
    """Whether the form's token is not the session's: it may be looked at, and nothing may follow from it."""
    return bool(g.get("stale_form"))


def _stale(error: CSRFError) -> ResponseReturnValue:
    """The form again, for a look, to whom it belongs."""
    may_go_on = not current_user.is_authenticated or current_user.role in SENDERS
    if by_fetch():
        return Response(headers={STALE: "yes"})  # the script fetches a fresh token and asks again
    if not _is_ours() or not may_go_on or request.endpoint is None:
        return session_changed()
    if not current_user.is_authenticated:
        return _signed_out_page()
    g.stale_form = True
    return current_app.ensure_sync(current_app.view_functions[request.endpoint])(**(request.view_args or {}))


def _signed_out() -> ResponseReturnValue | None:
    if request.method == "POST" and not current_user.is_authenticated and not by_fetch() and _is_ours():
        return _signed_out_page()
    return None


def _is_ours() -> bool:
    """Whether the form comes from a page of ours and has something in it; browsers tell its origin."""
    return urlsplit(request.origin or "").netloc == request.host and "content" in request.form


def _signed_out_page() -> ResponseReturnValue:
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in _NOT_KEPT]
    had_file = "file" in request.files and bool(request.files["file"].filename)
    return render_template("compose/signed_out.html", typed=typed, had_file=had_file), 401
