"""A list of recipients typed or pasted into a form."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from app.language import gettext, thousands
from app.recipients.errors import FileRefused
from app.recipients.intake import Intake, Suppressed, take_in
from app.recipients.limits import FileLimits
from app.recipients.numbers import NumberRules
from app.recipients.sheet import Row, Sheet

_SEPARATORS = re.compile(r"[,;|\r\n\t\u2028\u2029\uff0c\uff1b\u3001]+")
_FULL_NUMBER = re.compile(r"(?:\+|00)?[1-9][0-9]{8,14}")
_BEFORE_PLUS = re.compile(r"(?<!\s)\s++(?=\(?\+)")  # from the first of many spaces only: else their square


def take_in_typed(
    text: str,
    rules: NumberRules,
    maximum: int = 100,
    *,
    suppressed: Suppressed = (),
    corrections: Mapping[int, str] = MappingProxyType({}),
) -> Intake:
    """The recipients in a typed list; ``row`` is the position in it, counted from 1. ``corrections`` are by it.

    Commas, semicolons, pipes, tabs and new lines always separate. A space separates

    - before a ``+``: ``+61 412 345 678 +61 498 765 432`` is two numbers, and
    - where every word between the spaces is a full number by itself (9 to 15 digits, with or without ``+`` or
      ``00``): ``61412345678 61498765432`` is two.

    Any other space stands inside a number and is tidied: ``+61 412 345 678`` is one.

    Raises ``FileRefused`` (``no_rows``, or ``too_many_rows`` with the count).
    """
    pieces = split_typed(text)
    if not pieces:
        raise FileRefused(
            "no_rows",
            gettext("No recipient is typed. Enter numbers with their country code, as +61412345678."),
        )
    if len(pieces) > maximum:
        raise FileRefused(
            "too_many_rows",
            gettext(
                "The list has %(pieces)s recipients; at most %(maximum)s can be typed. Remove some, "
                "or upload them as a file.",
                pieces=thousands(len(pieces)),
                maximum=thousands(maximum),
            ),
        )
    rows = [Row(position, (piece,)) for position, piece in enumerate(pieces, 1)]
    limits = FileLimits(max_recipients=maximum)
    return take_in(Sheet("txt", None, rows), rules, limits, suppressed=suppressed, corrections=corrections)


def split_typed(text: str) -> list[str]:
    """The pieces of a typed list, trimmed, without empty ones; the rule is ``take_in_typed``'s."""
    pieces: list[str] = []
    for chunk in _SEPARATORS.split(text):
        for piece in _BEFORE_PLUS.split(chunk):
            words = piece.split()
            if len(words) > 1 and all(_FULL_NUMBER.fullmatch(word) for word in words):
                pieces.extend(words)
            elif words:
                pieces.append(piece.strip())
    return pieces
