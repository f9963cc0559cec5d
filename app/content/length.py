"""The longest message: six segments, as networks usually cap it, or a route's own limit in characters."""

from __future__ import annotations

from dataclasses import dataclass

from app.content.alphabet import EXTENSION, GSM
from app.content.segments import (
    GSM_PART,
    MAX_CHARACTERS,
    MAX_SEGMENTS,
    MAX_UCS2_UNITS,
    UCS2_PART,
    utf16_units,
)

_NEVER_LONGER = MAX_UCS2_UNITS // 2


@dataclass(frozen=True, slots=True)
class Excess:
    """What stands beyond the limit, from `start` to the end; length and limit come with their units."""

    start: int
    length: str
    limit: str


def excess(text: str, longest: int | None, unicode_allowed: bool) -> Excess | None:
    """What is too much of a text, or None.

    With `longest`, characters are counted. Otherwise parts of 153 septets, or of 67 UTF-16 units where
    Unicode is allowed and used; a character that GSM lacks counts one septet where it is not allowed at
    all, since another finding already refuses it.
    """
    if longest is not None:
        return Excess(longest, f"{len(text):,} characters", f"{longest:,}") if len(text) > longest else None
    if len(text) <= _NEVER_LONGER:
        return None
    if unicode_allowed and not GSM.issuperset(text):
        units, limit, part = utf16_units(text), MAX_UCS2_UNITS, UCS2_PART
        wide = [character > "\uffff" for character in text]
    else:
        units, limit, part = len(text) + sum(map(text.count, EXTENSION)), MAX_CHARACTERS, GSM_PART
        wide = [character in EXTENSION for character in text]
    start = _fitting(wide, part)
    if start == len(text):
        return None
    unit = "UTF-16 units" if limit == MAX_UCS2_UNITS else "characters, counting ^ { } [ ] ~ | \\ € twice"
    return Excess(start, f"{units:,} {unit}", f"{limit:,} ({MAX_SEGMENTS} segments)")


def _fitting(wide: list[bool], part: int) -> int:
    """How many characters fit into the parts of the longest message when none of two units is cut in two."""
    parts, used = 1, 0
    for position, is_wide in enumerate(wide):
        width = 2 if is_wide else 1
        if used + width > part:
            parts, used = parts + 1, 0
        if parts > MAX_SEGMENTS:
            return position
        used += width
    return len(wide)
