"""Content checks with 5,000 banned words: time a message, against 1 ms and against a bare pattern pass.

Run with `python -m benchmarks.content [--json]`. The limit of 1 ms a message is ours: a client must not wait for
a check, and 5,000 merged rows must not take seconds. A ratio up to 1 is within the limit. The bare pass is a floor, not
a limit: one Aho-Corasick search of the same words over the same texts in lower case, in the same run, which is what
finding plainly written words alone would cost.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ahocorasick_rs import AhoCorasick

from app.content.rules import BannedWord, Rulebook, Severity
from benchmarks._lines import Line, line, show

WORDS = 5_000
LIMIT_MICROSECONDS = 1_000.0
ROUNDS = 5
DATA = Path(__file__).parent.parent / "tests" / "data"
_CONSONANTS = "bcdfghjklmnprstvwz"
_VOWELS = "aeiou"


def invented_words(count: int) -> list[str]:
    """The same `count` words in every run, of one to three syllables, none shorter than four letters."""
    chance = random.Random(20_260)
    words: set[str] = set()
    while len(words) < count:
        syllables = chance.randint(1, 3)
        made = "".join(chance.choice(_CONSONANTS) + chance.choice(_VOWELS) for _ in range(syllables))
        words.add(made + chance.choice(_CONSONANTS) + chance.choice(_CONSONANTS + _VOWELS))
    return sorted(words)


def microseconds(work: Callable[[str], object], texts: Sequence[str]) -> float:
    """The mean time of one text in the best of ROUNDS rounds, after one to warm up."""
    for text in texts:
        work(text)
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for text in texts:
            work(text)
        best = min(best, time.perf_counter() - started)
    return best / len(texts) * 1e6


def cases() -> dict[str, list[str]]:
    """Texts by kind: what clients send, short values, evasions, text outside GSM, and the longest message."""
    honest = (DATA / "honest_texts.txt").read_text("utf-8").splitlines()
    values = (DATA / "honest_values.txt").read_text("utf-8").splitlines()
    evasions = [
        json.loads(each)["text"] for each in (DATA / "evasions.jsonl").read_text("utf-8").splitlines()
    ]
    joined = " ".join(honest)
    return {
        "marketing text, about 80 characters": honest,
        "marketing text, 160 characters": [joined[i : i + 160] for i in range(0, 32_000, 160)],
        "marketing text, 918 characters": [joined[i : i + 918] for i in range(0, 18_360, 918)],
        "merge value": values,
        "evasion": evasions,
        "text outside GSM, 160 characters": [joined[i : i + 157] + " – é" for i in range(0, 32_000, 160)],
    }


def measure() -> list[Line]:
    """One row a measurement; `ratio` is value ÷ limit, or limit ÷ value for a rate."""
    words = invented_words(WORDS)
    started = time.perf_counter()
    rulebook = Rulebook.of(BannedWord(word, "invented", Severity.BLOCK) for word in words)
    built = (time.perf_counter() - started) * 1e6
    bare = AhoCorasick(words)
    rows = [line("content", f"build a rulebook of {WORDS:,} words", built, "µs", 1_000_000.0)]
    for case, texts in cases().items():
        alone = microseconds(lambda text: bare.find_matches_as_indexes(text.lower()), texts)
        checked = microseconds(rulebook.check, texts)
        rows.append(line("content", f"{case}: check", checked, "µs", LIMIT_MICROSECONDS))
        rows.append(line("content", f"{case}: checks per second", 1e6 / checked, "1/s"))
        rows.append(line("content", f"{case}: check, against the bare pass", checked, "µs", alone))
    return rows


if __name__ == "__main__":
    show(measure, "Content checks with 5,000 banned words")
