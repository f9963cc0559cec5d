"""Finding listed words in a folded text, however they are written, in one pass per view.

A pass of Aho-Corasick over the text's letters without gaps finds candidates; each must begin and end where a
word does, spell the word, and look like it on purpose: a gap inside must leave a piece that is no word of its
own, digits must stand among letters. So `h.e.l.l.o` is found, and `this ship`, `Delhi`, `B2B` are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, MatchKind

from app.content.letters import (
    BREAK,
    LEET,
    SPACE,
    Units,
    classes,
    may_be_leet,
    pattern_key,
    spelling,
    units,
    written_letters,
)
from app.content.lexicon import common_words
from app.content.normalise import Folded, fold

GREETINGS = ("hi", "hello", "hey")
SHORT = 3
_LONGEST_GAP = 3
_LONGEST_GAP_OF_LETTERS = 6
_UNMISTAKABLE = 8
_PIECES = re.compile(r"[^\W_]+")
_LEET_PIECES = re.compile(r"[^\W_]+|[!|£¡@$§€+(<¢#¥]")
_NEW_CLAUSE = re.compile(r"[.,;:!?)]\s+")
_GAPS = frozenset((SPACE, BREAK))
_CONTRACTIONS = frozenset({"s", "t", "d", "m", "ll", "re", "ve"})
_APOSTROPHES = frozenset("'\u2019\u02bc`")


@dataclass(frozen=True, slots=True)
class Hit:
    """The word at `index` of the list stands at the folded span; `literal` when written plainly."""

    index: int
    start: int
    end: int
    literal: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    index: int
    word: str
    letters: str
    pieces: tuple[str, ...]
    bounded: bool


class WordFinder:
    """A list of words and phrases, compiled once, then asked for each text."""

    def __init__(self, words: Iterable[str]) -> None:
        self._entries: list[list[_Entry]] = []
        keys: dict[str, list[_Entry]] = {}
        for index, word in enumerate(words):
            entry = _entry(index, word)
            if key := pattern_key(entry.word):
                keys.setdefault(key, []).append(entry)
        self._entries = list(keys.values())
        self._matcher = AhoCorasick(list(keys), matchkind=MatchKind.Standard) if keys else None

    def find(self, folded: Folded) -> list[Hit]:
        """Every listed word in the text, each place once per word, sorted by start."""
        if self._matcher is None:
            return []
        hits = self._scan(_Scan(folded, leet=False))
        if may_be_leet(folded.text):
            plain = {(hit.index, position) for hit in hits for position in range(hit.start, hit.end)}
            for hit in self._scan(_Scan(folded, leet=True)):
                if plain.isdisjoint((hit.index, position) for position in range(hit.start, hit.end)):
                    hits.append(hit)
        return sorted(hits, key=lambda hit: (hit.start, hit.end))

    def _scan(self, scan: _Scan) -> list[Hit]:
        """What one view shows. A word found where it begins is not looked for again from there."""
        assert self._matcher is not None
        found: dict[tuple[int, int], Hit] = {}
        for key, first, last in self._matcher.find_matches_as_indexes(scan.units.text, overlapping=True):
            for start, end in scan.spans(first, last - 1):
                for entry in self._entries[key]:
                    if (entry.index, start) not in found and (hit := scan.judge(entry, start, end)):
                        found[entry.index, start] = hit
        return list(found.values())


def _entry(index: int, word: str) -> _Entry:
    folded = fold(word).text.strip()
    pieces = tuple(_PIECES.findall(folded))
    bounded = not any("\u2e80" <= c <= "\ud7ff" for c in folded)
    return _Entry(index, folded, "".join(pieces), pieces, bounded)


class _Scan:
    """One view of one text, and what decides whether a candidate in it is the word."""

    def __init__(self, folded: Folded, leet: bool) -> None:
        self._folded = folded
        self._leet = leet
        self._view = classes(folded.text, leet)
        self.units: Units = units(self._view)

    def spans(self, first: int, last: int) -> list[tuple[int, int]]:
        """The spans from a word's start in unit `first` to a word's end in unit `last`; mostly none."""
        starts = [p for p in self._run(first) if self._starts(p)]
        if not starts:
            return []
        ends = [p + 1 for p in self._run(last) if self._ends(p)]
        return [(s, e) for s in {starts[0], starts[-1]} for e in {ends[0], ends[-1]} if s < e] if ends else []

    def _run(self, unit: int) -> Sequence[int]:
        """Where the letters of one unit stand in the view."""
        firsts, view = self.units.firsts, self._view
        start = firsts[unit]
        stop = firsts[unit + 1] if unit + 1 < len(firsts) else len(view)
        if stop == start + 1:
            return (start,)
        letter = view[start]
        return [p for p in range(start, stop) if view[p] == letter]

    def _starts(self, position: int) -> bool:
        return not self._joined(position) or self._hump(position)

    def _ends(self, position: int) -> bool:
        return not self._joined(position + 1) or self._hump(position + 1)

    def _joined(self, position: int) -> bool:
        """Whether letters stand on both sides of a position, so that no word begins or ends there."""
        view = self._view
        return 0 < position < len(view) and view[position - 1] not in _GAPS and view[position] not in _GAPS

    def _hump(self, position: int) -> bool:
        """Whether a capital after a small letter, as in `HelloJohn`, begins a word here."""
        original, origins = self._folded.original, self._folded.origins
        here, before = original[origins[position]], original[origins[position - 1]]
        return here.isupper() and before.islower()

    def judge(self, entry: _Entry, start: int, end: int) -> Hit | None:
        """The hit, when the stretch spells the word and no honest reading explains it."""
        if not entry.bounded:
            return Hit(entry.index, start, end, literal=True)
        if len(entry.letters) <= SHORT and (self._joined(start) or self._joined(end)):
            return None
        text = self._folded.text[start:end]
        if text == entry.word:
            return self._literal(entry, start, end)
        if end - start > 4 * len(entry.word) + 24 or BREAK in self._view[start:end]:
            return None
        seen = "".join(self._folded.original[i] for i in self._folded.origins[start:end])
        letters = written_letters(text, seen, self._leet)
        if spelling(entry.word).fullmatch(letters) is None or not self._plausible(entry, letters, start, end):
            return None
        return Hit(entry.index, start, end, literal=False)

    def _literal(self, entry: _Entry, start: int, end: int) -> Hit | None:
        around = self._folded.text[max(start - 1, 0) : start] + self._folded.text[end : end + 1]
        if len(entry.word) <= SHORT and any(c.isdigit() for c in around):
            return None
        return Hit(entry.index, start, end, literal=True)

    def _plausible(self, entry: _Entry, letters: str, start: int, end: int) -> bool:
        text = self._folded.text[start:end]
        if self._leet and not _leet_on_purpose(entry, text, letters):
            return False
        pieces = (_LEET_PIECES if self._leet else _PIECES).findall(text)
        if tuple(pieces) == entry.pieces:
            gaps = _PIECES.split(text)
            return not any(len(gap) > _LONGEST_GAP or _NEW_CLAUSE.fullmatch(gap) for gap in gaps)
        if len(pieces) == 1:
            return _stretched_on_purpose(entry, text, letters)
        return self._gaps_on_purpose(entry, pieces, start, end)

    def _gaps_on_purpose(self, entry: _Entry, pieces: list[str], start: int, end: int) -> bool:
        text, known = self._folded.text, common_words()
        gaps = _PIECES.split(text[start:end])[1:-1]
        longest = _LONGEST_GAP if any(len(piece) > 1 for piece in pieces) else _LONGEST_GAP_OF_LETTERS
        if any(len(gap) > longest for gap in gaps):
            return False
        if all(piece in known or piece.isdigit() for piece in pieces):
            joined = all(gap in "-_" for gap in gaps)
            return joined or (len(entry.pieces) > 1 and len(entry.letters) >= _UNMISTAKABLE)
        if any(piece.isdigit() for piece in pieces) and any(len(piece) > 1 for piece in pieces):
            return False
        if any(g in _APOSTROPHES and p in _CONTRACTIONS for g, p in zip(gaps, pieces[1:], strict=False)):
            return False
        return len(entry.letters) > SHORT or not self._in_a_row(start, end, gaps[0] if gaps else "")

    def _in_a_row(self, start: int, end: int, gap: str) -> bool:
        """Whether the stretch is part of a longer row of single letters, such as `G, H, I and J`."""
        text, one = self._folded.text, r"[^\W\d_]"
        if not gap:
            return False
        before = re.search(rf"(?<![^\W_]){one}{re.escape(gap)}$", text[max(start - 8, 0) : start])
        after = re.match(rf"{re.escape(gap)}{one}(?![^\W_])", text[end : end + 8])
        return before is not None or after is not None


def _leet_on_purpose(entry: _Entry, text: str, letters: str) -> bool:
    """Digits or signs stand for letters in it, among enough true letters, not as price or exclamation."""
    signs = [c for c in letters if c in LEET]
    if not signs:
        return False
    true_letters = len(letters) - len(signs)
    if not true_letters or (true_letters * 3 < len(letters) and len(letters) < 5):
        return False
    if len(entry.letters) > SHORT and text[-1] in "!|+(<#£" and text.rstrip("!|+(<#£") in common_words():
        return False
    return not (text[0] in "(<#+|" and true_letters == len(letters) - 1 and len(entry.letters) <= SHORT)


def _stretched_on_purpose(entry: _Entry, text: str, letters: str) -> bool:
    """A doubled letter in a short word is likelier another word; three in a row never are."""
    if len(letters) <= len(entry.letters) or entry.word in GREETINGS:
        return True
    if text in common_words():
        return False
    return re.search(r"(.)\1\1", letters) is not None or len(entry.letters) > SHORT + 1
