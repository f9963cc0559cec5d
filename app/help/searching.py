"""Finding an answer: a small index of the help pages, asked with the words that people type.

Words are cut to their stems, and a word that is still being typed finds what begins with it. A hit in a page's title
weighs more than one in a question, and that more than one in an answer; rare words weigh more than common ones.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_ENDINGS: Final = ("ations", "ation", "ingly", "ings", "ing", "edly", "ies", "ed", "es", "ly", "s")
_COMMON: Final = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be but by can do does for from has have how i if in is it its my no not of on or so that "
        "the their them there they this to was what when where which who why will with you your",
    )
)
_WEIGHTS: Final = (9.0, 5.0, 1.0)  # page title, question, answer
_SHORTEST_STEM: Final = 3
_SNIPPET: Final = 30  # words
_LONGEST_QUERY: Final = 12  # words
_BLOCKS: Final = frozenset({"p", "li", "td", "th", "h2", "div"})  # words on either side of them are apart


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of a page: where it stands, and its texts."""

    slug: str
    anchor: str
    title: str
    question: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """An answer that fits. `snippet` is the part of it that fits best, as (text, is a hit)."""

    answer: Answer
    snippet: tuple[tuple[str, bool], ...]
    question: tuple[tuple[str, bool], ...]


class Index:
    """The answers, and where each stem stands in them."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        self.answers = tuple(answers)
        self._counts = [
            tuple(Counter(stems_of(text)) for text in (each.title, each.question, each.text))
            for each in self.answers
        ]
        spread = Counter(stem for counts in self._counts for stem in set().union(*counts))
        self._rarity = {stem: math.log(1 + len(self.answers) / number) for stem, number in spread.items()}

    def search(self, query: str, most: int = 12) -> list[Found]:
        """The answers that fit the words best, the best first: those with every word, or else those with some."""
        wanted = list(dict.fromkeys(stems_of(query)))[:_LONGEST_QUERY]
        groups = [self._beginning_with(stem) for stem in wanted]
        scored = []
        for number, counts in enumerate(self._counts):
            scores = [self._score(counts, group) for group in groups]
            hits = sum(score > 0 for score in scores)
            if hits:
                scored.append((hits, sum(scores), -number))
        best = max((hits for hits, _, _ in scored), default=0)
        ranked = sorted((each for each in scored if each[0] == best), reverse=True)[:most]
        stems = {stem for group in groups for stem in group}
        return [_found(self.answers[-number], stems) for _, _, number in ranked]

    def _beginning_with(self, stem: str) -> dict[str, float]:
        """The index's stems that a typed one stands for: itself, and longer ones for less."""
        group = {stem: 1.0} if stem in self._rarity else {}
        if len(stem) >= _SHORTEST_STEM:
            group |= {each: 0.5 for each in self._rarity if each.startswith(stem) and each != stem}
        return group

    def _score(self, counts: Sequence[Counter[str]], group: dict[str, float]) -> float:
        return sum(
            weight * share * self._rarity[stem] * (1 + math.log(places[stem]))
            for places, weight in zip(counts, _WEIGHTS, strict=True)
            for stem, share in group.items()
            if places[stem]
        )


def stems_of(text: str) -> list[str]:
    """The text's words, without the commonest, each cut to its stem."""
    return [stem(word) for word in _WORD.findall(text.casefold()) if word not in _COMMON]


def stem(word: str) -> str:
    """The word without the ending that it has in this sentence: "topping", "topped" and "tops" are one."""
    word = word.replace("’", "'").removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            word = word.removesuffix(ending) + ("y" if ending == "ies" else "")
            break
    if len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM + 1 else word


def answers_in(slug: str, title: str, html: str) -> list[Answer]:
    """The questions of a rendered page: each `<section id>` with its `<h2>` and what stands below."""
    reader = _Sections()
    reader.feed(html)
    return [
        Answer(slug, anchor, title, " ".join(question.split()), " ".join(text.split()))
        for anchor, question, text in reader.found
    ]


class _Sections(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self._inside = self._heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        anchor = dict(attrs).get("id")
        if tag == "section" and anchor:
            self.found.append((anchor, "", ""))
            self._inside = True
        elif tag == "h2":
            self._heading = True
        if tag in _BLOCKS:
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "section":
            self._inside = False
        elif tag == "h2":
            self._heading = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            anchor, question, text = self.found[-1]
            self.found[-1] = (
                (anchor, question + data, text) if self._heading else (anchor, question, text + data)
            )


def _found(answer: Answer, stems: set[str]) -> Found:
    return Found(answer, _best_part(answer.text, stems), tuple(_marked(answer.question, stems)))


def _best_part(text: str, stems: set[str]) -> tuple[tuple[str, bool], ...]:
    """As many words as a snippet has, from where the most hits stand together."""
    words = text.split()
    hits = [any(stem(each) in stems for each in _WORD.findall(word.casefold())) for word in words]
    starts = range(max(1, len(words) - _SNIPPET + 1))
    start = max(starts, key=lambda number: (sum(hits[number : number + _SNIPPET]), -number))
    part = " ".join(words[start : start + _SNIPPET])
    before, after = "… " if start else "", " …" if start + _SNIPPET < len(words) else ""
    return tuple(_marked(f"{before}{part}{after}", stems))


def _marked(text: str, stems: set[str]) -> Iterable[tuple[str, bool]]:
    end = 0
    for match in _WORD.finditer(text):
        if stem(match.group().casefold()) in stems:
            if match.start() > end:
                yield text[end : match.start()], False
            yield match.group(), True
            end = match.end()
    if end < len(text):
        yield text[end:], False
