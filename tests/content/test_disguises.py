"""Disguises made by chance, which nobody wrote a rule for: a check that the labelled set was not learnt by heart.

Every listed word in every disguise, three times, with a fixed seed; the share found is printed for each kind.
"""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from app.content.rules import BannedWord, Rulebook, Severity

LISTED = Path(__file__).parent.parent / "data" / "banned_words.csv"
CHANCE = random.Random(5)
LEET = {
    "a": "4@",
    "e": "3€",
    "i": "1!|",
    "o": "0",
    "s": "5$",
    "t": "7+",
    "l": "1|",
    "b": "8",
    "g": "9",
    "c": "(",
}
LOOK_ALIKES = {
    "a": "аɑα", "b": "Ьв", "c": "сϲ", "d": "ԁⅾ", "e": "еέ", "f": "ƒ", "g": "ɡց", "h": "һн", "i": "іι", "j": "јϳ",
    "k": "κк", "l": "ⅼӏ", "m": "ⅿм", "n": "ոη", "o": "оο", "p": "рρ", "q": "ԛ", "r": "гʀ", "s": "ѕ", "t": "тτ",
    "u": "υս", "v": "νѵ", "w": "ѡԝ", "x": "х", "y": "уγ", "z": "ᴢ",
}  # fmt: skip


def _swapped(word: str, table: dict[str, str], share: float) -> str:
    return "".join(CHANCE.choice(table[c]) if c in table and CHANCE.random() < share else c for c in word)


def _put_in(word: str, between: str) -> str:
    at = CHANCE.randrange(1, len(word))
    return word[:at] + between + word[at:]


def _repeated(word: str) -> str:
    at = CHANCE.randrange(len(word))
    return word[:at] + word[at] * CHANCE.randint(2, 4) + word[at:]


DISGUISES: dict[str, Callable[[str], str]] = {
    "some digits and signs": lambda word: _swapped(word, LEET, 0.25),
    "many digits and signs": lambda word: _swapped(word, LEET, 0.5),
    "look-alike letters": lambda word: _swapped(word, LOOK_ALIKES, 0.5),
    "all letters apart": lambda word: CHANCE.choice(".-_ */~").join(word.replace(" ", "")),
    "one sign inside": lambda word: _put_in(word, CHANCE.choice("-_*~")),
    "one space inside": lambda word: _put_in(word, " "),
    "one invisible inside": lambda word: _put_in(word, CHANCE.choice("\u200b\u200d\u00ad\u2060")),
    "a letter repeated": _repeated,
    "full width": lambda word: "".join(c if c == " " else chr(ord(c) + 0xFEE0) for c in word),
    "struck through": lambda word: "".join(f"{c}\u0336" for c in word),
    "mathematical letters": lambda word: "".join(chr(ord(c) + 0x1D3B9) if c.isalpha() else c for c in word),
    "mixed case": lambda word: "".join(CHANCE.choice((c, c.upper())) for c in word),
    "spaces left out": lambda word: word.replace(" ", ""),
    "look-alikes, repeated": lambda word: _repeated(_swapped(word, LOOK_ALIKES, 0.5)),
}


def test_chance_disguises_are_seen_through(capsys: pytest.CaptureFixture[str]) -> None:
    with LISTED.open(encoding="utf-8", newline="") as listed:
        words = [row["word"] for row in csv.DictReader(listed)]
    rulebook = Rulebook.of(BannedWord(word, "listed", Severity.BLOCK) for word in words)
    found: Counter[str] = Counter()
    tries = 3 * len([*words, "hi", "hey", "hello"])
    for name, disguise in DISGUISES.items():
        for word in [*words, "hi", "hey", "hello"] * 3:
            rules = {f.rule for f in rulebook.check(f"Friends, {disguise(word)} for you this week")}
            found[name] += bool(rules & {"banned_word", "greeting"})
    share = sum(found.values()) / (tries * len(DISGUISES))
    with capsys.disabled():
        kinds = ", ".join(f"{name} {found[name] / tries:.1%}" for name in DISGUISES)
        print(f"\ndisguises by chance: {share:.1%} of {tries * len(DISGUISES)} found ({kinds})")  # noqa: T201
    assert share >= 0.98
    assert min(found.values()) >= 0.93 * tries
