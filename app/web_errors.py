"""The one place that turns errors into pages."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import structlog
from flask import Flask, abort, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import AnonymousUserMixin, current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from app import errors
from app.accounts.abuse import TooManyTries
from app.language import gettext, mark
from app.topups import receipts
from config import Limits

log = structlog.get_logger()

_STATUS: tuple[tuple[type[errors.CarillonError], int], ...] = (
    (errors.NotFound, 404),
    (errors.NotAllowed, 403),
    (errors.InsufficientCredit, 402),
    (errors.LedgerStopped, 409),
    (errors.Conflict, 409),
    (errors.TaskRefused, 422),
    (errors.TopUpRefused, 422),
)

_WORTH_KEEPING = 15  # letters: what is shorter is typed again as quickly as it is copied

_TITLES = {
    400: mark("That request could not be understood"),
    402: mark("Not enough credit"),
    403: mark("This page is not for your role"),
    404: mark("There is nothing here"),
    405: mark("That page does not answer this way"),
    409: mark("That has already moved on"),
    413: mark("That file is too big"),
    422: mark("That cannot be done as it stands"),
    429: mark("Too many tries"),
    500: mark("Something broke on our side"),
    503: mark("The panel cannot reach its database"),
}

_WORDS = {
    403: mark("Ask the owner of your account, or support, if you need it."),
    404: mark("The address may be mistyped, or the page may belong to another account."),
    429: mark("Wait a minute, then try again."),
    500: mark("It has been recorded. Nothing was sent or charged by this request. Try again in a moment."),
    503: mark(
        "Try again in a minute. Messages that wait to be sent go on by themselves. If you had just sent a form, look "
        "whether it was taken before you send it again."
    ),
}
_AGAIN = 30  # seconds


def init_app(app: Flask) -> None:
    """Register the error pages."""
    app.before_request(_refuse_nulls)

    @app.errorhandler(errors.CarillonError)
    def domain_error(error: errors.CarillonError) -> ResponseReturnValue:
        if isinstance(error, TooManyTries):
            return *_page(429, error.message), {"Retry-After": str(error.wait)}
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 400)
        return _page(status, error.message)

    @app.errorhandler(CSRFError)
    def csrf_error(error: CSRFError) -> tuple[str, int]:
        return session_changed()

    @app.errorhandler(OperationalError)
    def database_away(error: OperationalError) -> ResponseReturnValue:
        """Gone, starting or too busy; nobody knows what became of a commit that it has not answered."""
        log.error("database_away", endpoint=request.endpoint, exc_info=error)
        g._login_user = AnonymousUserMixin()  # else the page would ask the database who is signed in
        return *_page(503, _said(503) or ""), {"Retry-After": str(_AGAIN)}

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[str, int]:
        status = error.code or 500
        words = _too_big(app.config["CARILLON"].limits) if status == 413 else _said(status)
        return _page(status, words or error.description or "")


def _refuse_nulls() -> None:
    """No text that a person writes has a null in it, and PostgreSQL stores and looks for none: a page, not a crash.

    The view of gateways' callbacks reads its body by itself; what it stores is cleaned there.
    """
    told = [*(request.view_args or {}).values(), *_flat(request.args)]
    if request.method == "POST" and request.blueprint != "callbacks":
        told += [*_flat(request.form), *(each.filename for each in request.files.values())]
    if any(isinstance(text, str) and "\0" in text for text in told):
        abort(
            400, gettext("What was sent has a sign in it that no text can hold. Type it anew and try again.")
        )


def _flat(values: MultiDict[str, str]) -> Iterator[str]:
    for name, value in values.items(multi=True):
        yield from (name, value)


def session_changed() -> tuple[str, int]:
    """The page for a form whose token is not of this session, with the words that were typed into it."""
    return render_template(
        "errors/session.html", signed_out=not current_user.is_authenticated, typed=_typed_here()
    ), 400


def _typed_here() -> list[str]:
    """What is worth copying from a form of our own pages; another site's is not repeated. No secrets, no codes."""
    if urlsplit(request.origin or "").netloc != request.host:
        return []
    secret = ("password", "token", "code", "secret", "key")
    return [
        text
        for name, text in request.form.items(multi=True)
        if len(text) >= _WORTH_KEEPING and not any(word in name for word in secret)
    ]


def _said(status: int) -> str | None:
    words = _WORDS.get(status)
    return gettext(words) if words else None


def _too_big(limits: Limits) -> str:
    list_size, receipt_size = (size // 1024**2 for size in (limits.upload_bytes, receipts.MOST_BYTES))
    return gettext(
        "A list may have at most %(list_size)s MB: split it, and upload it in parts. A "
        "receipt may have at most %(receipt_size)s MB.",
        list_size=list_size,
        receipt_size=receipt_size,
    )


def _page(status: int, message: str) -> tuple[str, int]:
    title = gettext(_TITLES.get(status, mark("That did not work")))
    return render_template("errors/error.html", status=status, title=title, message=message), status
