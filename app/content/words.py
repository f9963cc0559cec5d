"""Finding listed words in a folded text, however they are written, in one pass per view.

A pass of Aho-Corasick over the text's letters without gaps finds candidates; each must begin and end where a
word does, spell the word, and look like it on purpose (`app.content.intent`). So `h.e.l.l.o` is found, and
`this ship`, `Delhi`, `B2B` are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, MatchKind

from app.content.intent import SHORT, ListedWord, Stretch, on_purpose
from app.content.letters import (
    BREAK,
    SPACE,
    classes,
    may_be_leet,
    pattern_key,
    spelling,
    unit_letters,
    unit_starts,
    written_letters,
)
from app.content.normalise import Folded, fold

_GAPS = frozenset((SPACE, BREAK))
_AROUND = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """The word at `index` of the list stands at the folded span; `literal` when written plainly."""

    index: int
    start: int
    end: int
    literal: bool


class WordFinder:
    """A list of words and phrases, compiled once, then asked for each text."""

    def __init__(self, words: Iterable[str]) -> None:
        keys: dict[str, list[ListedWord]] = {}
        for index, word in enumerate(words):
            listed = ListedWord.of(index, fold(word).text.strip())
            if key := pattern_key(listed.word):
                keys.setdefault(key, []).append(listed)
        self._listed = list(keys.values())
        self._matcher = AhoCorasick(list(keys), matchkind=MatchKind.Standard) if keys else None

    def find(self, folded: Folded) -> list[Hit]:
        """Every listed word in the text, each place once per word, sorted by start."""
        if self._matcher is None:
            return []
        hits = self._scan(self._matcher, folded, leet=False)
        if may_be_leet(folded.text):
            plain = {(hit.index, position) for hit in hits for position in range(hit.start, hit.end)}
            for hit in self._scan(self._matcher, folded, leet=True):
                if plain.isdisjoint((hit.index, position) for position in range(hit.start, hit.end)):
                    hits.append(hit)
        return sorted(hits, key=lambda hit: (hit.start, hit.end))

    def _scan(self, matcher: AhoCorasick, folded: Folded, leet: bool) -> list[Hit]:
        """What one view shows. A word found where it begins is not looked for again from there."""
        seen = classes(folded.text, leet)
        candidates = matcher.find_matches_as_indexes(unit_letters(seen), overlapping=True)
        if not candidates:
            return []
        view = _View(folded, seen, leet)
        found: dict[tuple[int, int], Hit] = {}
        for key, first, last in candidates:
            for start, end in view.spans(first, last - 1):
                for listed in self._listed[key]:
                    if (listed.index, start) not in found and (hit := view.judge(listed, start, end)):
                        found[listed.index, start] = hit
        return list(found.values())


class _View:
    """One view of one text, and what decides whether a candidate in it is the word."""

    def __init__(self, folded: Folded, seen: str, leet: bool) -> None:
        self._folded = folded
        self._leet = leet
        self._classes = seen
        self._firsts = unit_starts(seen)

    def spans(self, first: int, last: int) -> list[tuple[int, int]]:
        """The spans from a word's start in unit `first` to a word's end in unit `last`; mostly none."""
        starts = [p for p in self._run(first) if not self._joined(p) or self._hump(p)]
        if not starts:
            return []
        ends = [p + 1 for p in self._run(last) if not self._joined(p + 1) or self._hump(p + 1)]
        return [(s, e) for s in {starts[0], starts[-1]} for e in {ends[0], ends[-1]} if s < e] if ends else []

    def _run(self, unit: int) -> Sequence[int]:
        """Where the letters of one unit stand in the view."""
        firsts, view = self._firsts, self._classes
        start = firsts[unit]
        stop = firsts[unit + 1] if unit + 1 < len(firsts) else len(view)
        if stop == start + 1:
            return (start,)
        letter = view[start]
        return [p for p in range(start, stop) if view[p] == letter]

    def _joined(self, position: int) -> bool:
        """Whether letters stand on both sides of a position, so that no word begins or ends there."""
        view = self._classes
        return 0 < position < len(view) and view[position - 1] not in _GAPS and view[position] not in _GAPS

    def _hump(self, position: int) -> bool:
        """Whether a capital after a small letter, as in `HelloJohn`, begins a word here."""
        original, origins = self._folded.original, self._folded.origins
        here, before = original[origins[position]], original[origins[position - 1]]
        return here.isupper() and before.islower()

    def judge(self, listed: ListedWord, start: int, end: int) -> Hit | None:
        """The hit, when the stretch spells the word and no honest reading explains it."""
        if not listed.bounded:
            return Hit(listed.index, start, end, literal=True)
        short = len(listed.letters) <= SHORT
        if short and (self._joined(start) or self._joined(end)):
            return None
        whole = self._folded.text
        text = whole[start:end]
        if text == listed.word:
            numbered = short and (
                whole[max(start - 1, 0) : start].isdigit() or whole[end : end + 1].isdigit()
            )
            return None if numbered else Hit(listed.index, start, end, literal=True)
        if end - start > 4 * len(listed.word) + 24 or BREAK in self._classes[start:end]:
            return None
        seen = "".join(self._folded.original[i] for i in self._folded.origins[start:end])
        letters = written_letters(text, seen, self._leet)
        if spelling(listed.word).fullmatch(letters) is None:
            return None
        before, after = whole[max(start - _AROUND, 0) : start], whole[end : end + _AROUND]
        if not on_purpose(listed, Stretch(text, letters, before, after, self._leet)):
            return None
        return Hit(listed.index, start, end, literal=False)
