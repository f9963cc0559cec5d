"""Letters as an evader writes them: digits and signs for letters, letters repeated, letters apart.

A view is a folded text reduced to letter classes. Classes merge what cannot be told apart without its
neighbours (`l`, `i`, `1`, `!`, `|`), so that one pass over the view finds every candidate; the
candidate's own pattern then decides.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import compress
from operator import ne
from typing import Final

_DIGITS: Final = {
    "0": "o",
    "1": "i",
    "2": "z",
    "3": "e",
    "4": "a",
    "5": "s",
    "6": "g",
    "7": "t",
    "8": "b",
    "9": "g",
}
_SIGNS: Final = {
    "!": "i",
    "|": "i",
    "£": "i",
    "¡": "i",
    "@": "a",
    "$": "s",
    "§": "s",
    "€": "e",
    "+": "t",
    "(": "c",
    "<": "c",
    "¢": "c",
    "#": "h",
    "¥": "y",
}
LEET: Final = frozenset(_DIGITS) | frozenset(_SIGNS)
BREAK: Final = "\x00"
SPACE: Final = " "
EITHER: Final = "I"
_STANDS_IN = re.escape("".join(LEET))
_HINT = re.compile(rf"[a-z][\W_]{{0,2}}[{_STANDS_IN}]|[{_STANDS_IN}][\W_]{{0,2}}[a-z]")
_KEPT_RUN = 3
_REMEMBERED = 0x3000


class _Classes(dict[int, str]):
    """A translation table: letter classes, BREAK for what parts a word for good, SPACE for any other sign."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = character if character.isalnum() else SPACE
        if code < _REMEMBERED:
            self[code] = plain
        return plain


@cache
def _table(leet: bool) -> _Classes:
    table = _Classes({ord("l"): "i", ord("&"): BREAK, ord("%"): BREAK})
    if leet:
        table.update({ord(c): letter for c, letter in (_DIGITS | _SIGNS).items()})
    else:
        table.update(dict.fromkeys(map(ord, _DIGITS), SPACE))
    return table


def classes(folded: str, leet: bool) -> str:
    """The view of a folded text, as long as it: with digits and signs as letters, or as gaps."""
    return folded.translate(_table(leet))


def may_be_leet(folded: str) -> bool:
    """Whether a digit or a sign stands where it could be a letter."""
    return _HINT.search(folded) is not None


def unit_letters(view: str) -> str:
    """A view without gaps and with runs of one class made one: a unit is one letter of it."""
    letters = view.replace(SPACE, "")
    return "".join(compress(letters, map(ne, letters, SPACE + letters)))


def unit_starts(view: str) -> list[int]:
    """Where in the view each unit begins."""
    letters = view.replace(SPACE, "")
    positions = [position for position, letter in enumerate(view) if letter != SPACE]
    return list(compress(positions, map(ne, letters, SPACE + letters)))


def pattern_key(folded_word: str) -> str:
    """A word in the form in which it appears in the letters of units, empty for a word without letters."""
    return unit_letters(classes(folded_word, leet=True)).replace(BREAK, "")


@cache
def spelling(folded_word: str) -> re.Pattern[str]:
    """What matches the word in letters as read by `written_letters`, each letter at least as often as in it."""
    accepted = {letter: letter for letter in {*folded_word, "i", "l"}}
    for sign, letter in (_DIGITS | _SIGNS).items():
        accepted[letter] = accepted.get(letter, letter) + sign
    accepted["l"] += EITHER + "".join(sign for sign, letter in (_DIGITS | _SIGNS).items() if letter == "i")
    accepted["i"] += EITHER
    parts = []
    for run in re.finditer(r"(.)\1*", "".join(c for c in folded_word if c.isalnum())):
        parts.append(f"[{re.escape(accepted.get(str(run[1]), str(run[1])))}]{{{len(run[0])},}}")
    return re.compile("".join(parts))


def written_letters(folded: str, seen: str, leet: bool) -> str:
    """The letters of a stretch without its gaps, runs longer than three cut to three.

    `seen` is the original character of each folded one. An `I` among small letters and an `l` among capitals
    become EITHER, as do look-alikes of other scripts: the eye takes them for both.
    """
    shouted = sum(map(str.isupper, seen)) > sum(map(str.islower, seen))
    kept: list[str] = []
    for plain, original in zip(folded, seen, strict=True):
        if not (plain.isalpha() or (leet and plain in LEET)):
            continue
        disguised = not original.isascii() or original == ("l" if shouted else "I")
        letter = EITHER if plain in "il" and disguised else plain
        if kept[-_KEPT_RUN:] != [letter] * _KEPT_RUN:
            kept.append(letter)
    return "".join(kept)
