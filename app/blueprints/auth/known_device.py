"""Browsers that have signed in as somebody before are counted by themselves.

Else whoever guesses at an address from anywhere could lock its owner out as well. The cookie opens nothing: it only
says whose tries are counted together (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from flask import Response, after_this_request, request
from itsdangerous import BadSignature, URLSafeSerializer

from app.accounts.people import tidy_email
from app.blueprints.auth import pages

_LIFE: Final = timedelta(days=180)
_MOST: Final = 5  # people who share one browser


def person(email: str) -> str:
    """Whose tries to count for this address: everybody's, or this browser's where it is known."""
    mark = _marks().get(_hashed(email))
    return tidy_email(email) if mark is None else f"{tidy_email(email)} on {mark}"


def is_known(email: str) -> bool:
    """Whether the request's browser has signed in with this address before."""
    return _hashed(email) in _marks()


def remember(email: str) -> None:
    """Have this answer's browser known as one that has signed in with this address."""
    marks = _marks()
    name = _hashed(email)
    marks[name] = marks.pop(name, "") or secrets.token_urlsafe(12)  # and to the end, as the newest
    newest = dict(list(marks.items())[-_MOST:])

    @after_this_request
    def keep(response: Response) -> Response:
        response.set_cookie(
            _cookie(),
            _signer().dumps(newest),
            max_age=_LIFE,
            secure=pages.settings().is_production,
            httponly=True,
            samesite="Lax",
        )
        return response


def _marks() -> dict[str, str]:
    """The signed marks of the request's browser, by the hash of an address."""
    try:
        stored = _signer().loads(request.cookies.get(_cookie(), ""))
    except BadSignature:
        return {}
    return stored if isinstance(stored, dict) else {}


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(pages.settings().secret_key, salt="carillon:known-device")


def _cookie() -> str:
    return "__Host-carillon-known" if pages.settings().is_production else "carillon-known"


def _hashed(email: str) -> str:
    return hashlib.sha256(f"carillon:known:{tidy_email(email)}".encode()).hexdigest()[:16]
