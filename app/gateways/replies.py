"""Texts that people send back. Of these only the wish to hear no more is taken; no text is kept or logged."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import structlog

from app.content.stop_words import asks_to_stop
from app.gateways.base import OptOut

log = structlog.get_logger()

_FEWEST_DIGITS: Final = 7
_MOST_DIGITS: Final = 15  # E.164


def stop_of(sender: str, text: str, now: datetime) -> OptOut | None:
    """The wish to stop, as of `now` (UTC), of whoever sent the text; none for any other text.

    A sender that is no international number cannot be put on a list: such a stop is lost to us, and only logged.
    """
    if not asks_to_stop(text):
        return None
    e164 = international(sender)
    if e164 is None:
        log.warning("stop_without_number")
        return None
    return OptOut(e164, stop=True, at=now)


def international(number: str) -> str | None:
    """The number as E.164, whether it begins with +, with 00 or with its country; none for any other."""
    digits = number.strip().removeprefix("+").removeprefix("00")
    known = digits.isascii() and digits.isdigit() and not digits.startswith("0")
    return f"+{digits}" if known and _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS else None
