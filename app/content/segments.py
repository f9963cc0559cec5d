"""How many segments a text takes, as the networks send it and as a route bills it.

Sources: 3GPP TS 23.040 section 9.2.3.24 (a concatenation header of 6 octets leaves 153 septets or 67 UTF-16
units of a part) and TS 23.038 (an escape pair, like a surrogate pair, may not be cut in two).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from app.content.alphabet import EXTENSION, is_gsm, septets

GSM_SINGLE = 160
GSM_PART = 153
UCS2_SINGLE = 70
UCS2_PART = 67
MAX_SEGMENTS = 6
MAX_CHARACTERS = MAX_SEGMENTS * GSM_PART
MAX_UCS2_UNITS = MAX_SEGMENTS * UCS2_PART

Encoding = Literal["GSM-7", "UCS-2"]


class Split(StrEnum):
    """How a route bills a text longer than one message."""

    FLAT_160 = "160"
    NETWORK = "160/153"


@dataclass(frozen=True, slots=True)
class SegmentCount:
    """What a text takes. Units are septets for GSM-7 and UTF-16 code units for UCS-2.

    `characters` are code points. `left` is the units still free in the last segment; for an empty text, which
    takes no segment, those of a whole first one.
    """

    characters: int
    units: int
    encoding: Encoding
    segments: int
    left: int


def count_segments(text: str, split: Split) -> SegmentCount:
    """Count a text's segments; nothing is ever cut, whatever its length.

    FLAT_160 is a line on a bill, not a way of cutting: every 160 septets begun cost one, so pairs need no
    care. NETWORK is 160 septets alone, else parts of 153 which never part an escape pair. A text outside
    GSM 7-bit goes as UCS-2 (70 alone, else 67) whatever the split: no network carries it otherwise.
    """
    if is_gsm(text):
        units = septets(text)
        if split is Split.FLAT_160:
            segments = -(-units // GSM_SINGLE)
            return SegmentCount(len(text), units, "GSM-7", segments, max(segments, 1) * GSM_SINGLE - units)
        segments, left = _parts(text, units, GSM_SINGLE, GSM_PART, units != len(text), _is_extension)
        return SegmentCount(len(text), units, "GSM-7", segments, left)
    units = utf16_units(text)
    segments, left = _parts(text, units, UCS2_SINGLE, UCS2_PART, units != len(text), _is_astral)
    return SegmentCount(len(text), units, "UCS-2", segments, left)


def utf16_units(text: str) -> int:
    """The UTF-16 code units of a text: two for a character beyond U+FFFF, such as most emoji."""
    return len(text) + sum(character > "\uffff" for character in text)


def _is_extension(character: str) -> bool:
    return character in EXTENSION


def _is_astral(character: str) -> bool:
    return character > "\uffff"


def _parts(
    text: str, units: int, single: int, part: int, has_pairs: bool, is_pair: Callable[[str], bool]
) -> tuple[int, int]:
    """(segments, units left in the last) when characters of two units must not be cut in two."""
    if units <= single:
        return (1 if units else 0), single - units
    if not has_pairs:
        segments = -(-units // part)
        return segments, segments * part - units
    segments, used = 1, 0
    for character in text:
        width = 2 if is_pair(character) else 1
        if used + width > part:
            segments, used = segments + 1, 0
        used += width
    return segments, part - used
