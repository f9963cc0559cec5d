"""Finding a value in an answer or a receipt: by a dotted path in JSON, or by a pattern in text.

Both are written by the operator and read what a carrier sent, so neither may run away: a path only walks, and a
pattern is kept to what a regular expression matches in a moment.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from app.gateways.base import SettingsRefused
from app.language import gettext

_SEARCHED: Final = (
    500  # characters of an answer that a pattern looks at; the worst one allowed takes 0.1 s for them
)
_LONGEST_PATTERN: Final = 200
_PATH: Final = re.compile(r"[^.\s]{1,60}(\.[^.\s]{1,60}){0,9}")
_ESCAPED: Final = re.compile(r"\\[^1-9]")
_REPEATS: Final = re.compile(r"[*+?{]\??")
_MOST_REPEATS: Final = 2
# A repeated group, a look-around, a reference back: what makes a pattern slow, and what no id needs.
_COSTLY: Final = re.compile(r"\)[*+?{]|\(\?|\\[1-9]")


def checked_path(name: str, value: object) -> str:
    """A dotted path such as messages.0.id; numbers count from 0. Raises SettingsRefused."""
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        raise SettingsRefused(name, gettext("Give a dotted path such as messages.0.id; lists count from 0."))
    return value


def checked_pattern(name: str, value: object, *, groups: int) -> re.Pattern[str]:
    """A regular expression with that many groups. Raises SettingsRefused."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_PATTERN:
        raise SettingsRefused(
            name,
            gettext(
                "Give a regular expression of at most %(longest_pattern)s characters.",
                longest_pattern=_LONGEST_PATTERN,
            ),
        )
    bare = _ESCAPED.sub("_", value)
    if _COSTLY.search(bare) or len(_REPEATS.findall(bare)) > _MOST_REPEATS:
        raise SettingsRefused(
            name, gettext("Keep it simple: at most two of * + ? {, no repeated groups, no look-around.")
        )
    try:
        pattern = re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        raise SettingsRefused(name, gettext("This is no regular expression.")) from error
    if pattern.groups != groups:
        wanted = "one group in parentheses, around what is wanted" if groups else "no parentheses"
        raise SettingsRefused(name, gettext("Write it with %(wanted)s.", wanted=wanted))
    return pattern


def json_in(body: bytes) -> Any:
    """The JSON in a body; None when it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def value_at(content: Any, path: str) -> Any:
    """What stands at the path; None where nothing does."""
    for step in path.split("."):
        if isinstance(content, dict):
            content = content.get(step)
        elif isinstance(content, list) and step.isascii() and step.isdigit() and int(step) < len(content):
            content = content[int(step)]
        else:
            return None
    return content


def written(value: Any) -> str | None:
    """A value as the settings write it: true and false, numbers in digits; None for lists, objects and null."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value if isinstance(value, str) else None


def text_at(content: Any, path: str) -> str | None:
    """The text or number at the path, as text."""
    return written(value_at(content, path))


def searched(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The pattern's first match in the head of an answer."""
    return pattern.search(text[:_SEARCHED])
