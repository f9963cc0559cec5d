"""The one place that turns errors into pages."""

from __future__ import annotations

from flask import Flask, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app import errors
from app.language import gettext as _
from app.topups import receipts
from config import Limits

_STATUS: tuple[tuple[type[errors.CarillonError], int], ...] = (
    (errors.NotFound, 404),
    (errors.NotAllowed, 403),
    (errors.InsufficientCredit, 402),
    (errors.LedgerStopped, 409),
    (errors.Conflict, 409),
    (errors.TaskRefused, 422),
    (errors.TopUpRefused, 422),
)

_TITLES = {
    400: "That request could not be understood",
    402: "Not enough credit",
    403: "This page is not for your role",
    404: "There is nothing here",
    405: "That page does not answer this way",
    409: "That has already moved on",
    413: "That file is too big",
    422: "That cannot be done as it stands",
    429: "Too many tries",
    500: "Something broke on our side",
}

_WORDS = {
    403: "Ask the owner of your account, or support, if you need it.",
    404: "The address may be mistyped, or the page may belong to another account.",
    429: "Wait a minute, then try again.",
    500: "It has been recorded. Nothing was sent or charged by this request. Try again in a moment.",
}


def init_app(app: Flask) -> None:
    """Register the error pages."""

    @app.errorhandler(errors.CarillonError)
    def domain_error(error: errors.CarillonError) -> tuple[str, int]:
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 400)
        return _page(status, error.message)

    @app.errorhandler(CSRFError)
    def csrf_error(error: CSRFError) -> tuple[str, int]:
        return session_changed()

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[str, int]:
        status = error.code or 500
        words = _too_big(app.config["CARILLON"].limits) if status == 413 else _WORDS.get(status)
        return _page(status, words or error.description or "")


def session_changed() -> tuple[str, int]:
    """The page for a form whose token is not of this session."""
    return _page(
        400, _("Your session has changed since this page was opened. Go back, reload it and try again.")
    )


def _too_big(limits: Limits) -> str:
    list_size, receipt_size = (size // 1024**2 for size in (limits.upload_bytes, receipts.MOST_BYTES))
    return (
        f"A list may have at most {list_size} MB: split it, and upload it in parts. "
        f"A receipt may have at most {receipt_size} MB."
    )


def _page(status: int, message: str) -> tuple[str, int]:
    title = _TITLES.get(status, "That did not work")
    return render_template("errors/error.html", status=status, title=title, message=message), status
