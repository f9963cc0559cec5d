"""Whether a stretch that spells a listed word does so on purpose, or is honest text that happens to.

Each question is about one disguise: digits for letters, repeated letters, gaps. The answers lean on what honest
messages hold: prices, sizes, times, seat numbers, initials, lost hyphens, and words that stand side by side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.content.letters import LEET, spelling
from app.content.lexicon import common_words

GREETINGS = ("hi", "hello", "hey")
SHORT = 3
_UNMISTAKABLE = 8
_LONGEST_GAP = 3
_LONGEST_GAP_OF_LETTERS = 6
_SIGN = "".join(sorted(sign for sign in LEET if not sign.isdigit()))
_PIECES = re.compile(r"[^\W_]+")
_LEET_PIECES = re.compile(rf"[^\W_]+|[{re.escape(_SIGN)}]")
_RUNS = re.compile(rf"(?:[^\W_]|[{re.escape(_SIGN)}])+")
_MEASURE = re.compile(r"\d{2,}[a-z]{1,3}")
_SIGN_APART = re.compile(rf"\s[{re.escape(_SIGN)}]|\s{{2,}}")
_NEW_CLAUSE = re.compile(r"[.,;:!?)]\s+")
_APOSTROPHES = frozenset("'\u2019\u02bc`")
_JOINING = frozenset("-_*~=^")
_CONTRACTIONS = frozenset({"s", "t", "d", "m", "ll", "re", "ve"})


@dataclass(frozen=True, slots=True)
class ListedWord:
    """A word or phrase of a list: its place in it, its folded form, its letters, its pieces between spaces.

    `bounded` is false for a word of a script without spaces, which may stand inside another.
    """

    index: int
    word: str
    letters: str
    pieces: tuple[str, ...]
    bounded: bool

    @classmethod
    def of(cls, index: int, folded: str) -> ListedWord:
        """The listed word of a folded form."""
        pieces = tuple(_PIECES.findall(folded))
        bounded = not any("\u2e80" <= character <= "\ud7ff" for character in folded)
        return cls(index, folded, "".join(pieces), pieces, bounded)

    @property
    def is_phrase(self) -> bool:
        """Whether it is several words, long enough that letters spelling it are no accident."""
        return len(self.pieces) > 1 and len(self.letters) >= _UNMISTAKABLE


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of folded text, the letters it is read as, and what stands just before and after it."""

    text: str
    letters: str
    before: str
    after: str
    leet: bool


def on_purpose(listed: ListedWord, stretch: Stretch) -> bool:
    """Whether the stretch, which spells the word but not plainly, is meant to be read as it."""
    if stretch.leet and not _digits_on_purpose(listed, stretch):
        return False
    pieces = (_LEET_PIECES if stretch.leet else _PIECES).findall(stretch.text)
    if tuple(pieces) == listed.pieces:
        return not any(_parts_a_phrase(gap) for gap in _PIECES.split(stretch.text))
    if len(pieces) == 1:
        return _repeated_on_purpose(listed, stretch)
    if any(spelling(listed.word).fullmatch(piece) for piece in pieces):
        return False
    return _gaps_on_purpose(listed, stretch, pieces)


def _parts_a_phrase(gap: str) -> bool:
    """Whether a gap ends a clause (`Free. Money back`) or is too wide to read over."""
    return _NEW_CLAUSE.fullmatch(gap) is not None or (len(gap) > _LONGEST_GAP and not gap.isspace())


def _digits_on_purpose(listed: ListedWord, stretch: Stretch) -> bool:
    """Digits or signs stand for letters among enough true ones, and not as a measure, a seat or a shout."""
    text, signs = stretch.text, [c for c in stretch.letters if c in LEET]
    true_letters = len(stretch.letters) - len(signs)
    enough = 1 if listed.word in GREETINGS else min(2, len(listed.letters) - 1)
    if not signs or true_letters < enough or _MEASURE.fullmatch(text):
        return False
    if len(listed.letters) <= SHORT:
        opened = text[0] in "(<#+|" and len(signs) == 1
        return not text[0].isdigit() and not opened and not _SIGN_APART.search(text)
    shouted = text.rstrip(_SIGN)
    return shouted == text or shouted not in common_words()


def _repeated_on_purpose(listed: ListedWord, stretch: Stretch) -> bool:
    """A doubled letter in a short word is likelier another word; three in a row never are."""
    if len(stretch.letters) <= len(listed.letters) or listed.word in GREETINGS:
        return True
    if stretch.text in common_words():
        return False
    return re.search(r"(.)\1\1", stretch.letters) is not None or len(listed.letters) > SHORT + 1


def _gaps_on_purpose(listed: ListedWord, stretch: Stretch, pieces: list[str]) -> bool:
    """A gap leaves a piece that is no word of its own, or stands where nobody puts one."""
    known = common_words()
    gaps = _PIECES.split(stretch.text)[1:-1]
    letters_apart = all(len(piece) == 1 for piece in pieces)
    longest = _LONGEST_GAP_OF_LETTERS if letters_apart else _LONGEST_GAP
    if any(len(gap) > longest and not (listed.is_phrase and gap.isspace()) for gap in gaps):
        return False
    if all(piece in known or piece.isdigit() for piece in pieces):
        return listed.is_phrase or (bool(gaps) and _JOINING.issuperset("".join(gaps)))
    if len(pieces) == 2 and min(map(len, pieces)) == 1 and max(pieces, key=len) in known:
        return letters_apart or listed.word in GREETINGS
    if not letters_apart and len(listed.pieces) == 1 and _numbers_apart(stretch, gaps):
        return False
    if any(
        gap in _APOSTROPHES and piece in _CONTRACTIONS for gap, piece in zip(gaps, pieces[1:], strict=False)
    ):
        return False
    return len(listed.letters) > SHORT or not (gaps and _in_a_row(stretch, gaps[0]))


def _numbers_apart(stretch: Stretch, gaps: list[str]) -> bool:
    """Whether numbers stand as words of their own, or digits and spaces mix, as in `M1 5AN`."""
    if any(run.isdigit() for run in _RUNS.findall(stretch.text)):
        return True
    return stretch.leet and any(gap.isspace() for gap in gaps)


def _in_a_row(stretch: Stretch, gap: str) -> bool:
    """Whether the stretch is part of a longer row of single letters, such as `G, H, I and J`."""
    one, between = r"[^\W\d_]", re.escape(gap)
    before = re.search(rf"(?<![^\W_]){one}{between}$", stretch.before)
    after = re.match(rf"{between}{one}(?![^\W_])", stretch.after)
    return before is not None or after is not None
