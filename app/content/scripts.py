"""Characters that a route does not take: Chinese, emoji, and what the GSM alphabet lacks, as runs.

Chinese means Han characters with the punctuation and symbols of Chinese type (Unicode blocks CJK Symbols,
Bopomofo, CJK Compatibility, full-width signs). Emoji are whole sequences: skin tones, joiners, flags,
keycaps.
"""

from __future__ import annotations

import re

from app.content.alphabet import GSM, outside

_HAN = (
    "\u2e80-\u303f\u3100-\u312f\u31a0-\u31ef\u3200-\u33ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffe6"
    "\U00020000-\U0003ffff"
)
_CHINESE = re.compile(rf"[{_HAN}]+(?:[\s\w]{{0,2}}[{_HAN}]+)*")
_PICTURE = (
    "\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf"
    "\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u2194-\u21aa\u203c\u2049\u2139\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff"
)
_TAIL = "[\ufe0e\ufe0f\u20e3\U000e0020-\U000e007f]*"
_ONE = rf"(?:[{_PICTURE}]|[\u00a9\u00ae\u2122]\ufe0f|[0-9#*]\ufe0f?\u20e3){_TAIL}"
_EMOJI = re.compile(rf"{_ONE}(?:[\u200d\s]*{_ONE})*")


def chinese(text: str) -> list[tuple[int, int]]:
    """The spans of Chinese, one for a run even where single spaces or Latin letters stand between."""
    return [] if text.isascii() else [match.span() for match in _CHINESE.finditer(text)]


def emoji(text: str) -> list[tuple[int, int]]:
    """The spans of emoji, one for a run."""
    return [] if text.isascii() else [match.span() for match in _EMOJI.finditer(text)]


def outside_runs(text: str, covered: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans that GSM 7-bit cannot carry, apart from those covered by another finding.

    Neighbours make one run, and so do words of a foreign script with spaces between.
    """
    if GSM.issuperset(text):
        return []
    taken = {position for start, end in covered for position in range(start, end)}
    runs: list[tuple[int, int]] = []
    for start, end, _ in outside(text):
        if start in taken:
            continue
        if runs and text[runs[-1][1] : start].strip(" ") == "" and start - runs[-1][1] <= 1:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return runs
