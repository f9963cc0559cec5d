"""What fields of many forms have in common: how typed text is tidied, and that it is there and not too long."""

from __future__ import annotations

import re
from typing import Any, Final

from flask_babel import lazy_gettext
from wtforms.validators import DataRequired, Length

_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")


def trimmed(text: str | None) -> str:
    """The text without the space around it; its lines end in LF, which a text area sends as CR LF.

    Marks that turn the direction of what follows are left out: with one a text reads otherwise than it is.
    """
    return _TURNING.sub("", line_feeds(text)).strip()


def line_feeds(text: str | None) -> str:
    """The text with its lines ended by LF: a message has no CR, and each would be counted and paid."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n")


def one_line(text: str | None) -> str:
    """The text without surrounding spaces, line ends and control characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text or "").split())


def at_most(most: int) -> Length:
    """No more than so many characters."""
    return Length(max=most, message=lazy_gettext("Use at most %(most)s characters.", most=f"{most:,}"))


def required(missing: Any, most: int) -> list[DataRequired | Length]:
    """There must be something, else `missing` says what to enter; and no more than so many characters."""
    return [DataRequired(missing), at_most(most)]
