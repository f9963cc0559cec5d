"""The link in a letter by which its reader stops letters of its kind: signed, so that nobody can stop another's.

It opens nothing else and never runs out, since a letter is kept for long and its link has to go on working.
"""

from __future__ import annotations

from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer

from app.models import Letter

STOP_PATH: Final = "/notices/stop/"


def stop_address(letter: Letter, public_url: str, secret_key: str) -> str | None:
    """Where letters of this letter's kind are stopped; None for one that cannot be."""
    if letter.stops is None or letter.user_id is None:
        return None
    return f"{public_url}{STOP_PATH}{_signer(secret_key).dumps([letter.user_id, letter.stops])}"


def named_in(token: str, secret_key: str) -> tuple[int, str] | None:
    """Whose letters, and of which kind, a link of ours stops; None for any other."""
    try:
        found = _signer(secret_key).loads(token)
    except BadSignature:
        return None
    return int(found[0]), str(found[1])


def _signer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="carillon:stop-letters")
