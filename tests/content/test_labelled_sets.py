"""How much evasion is caught and how much honest text is refused, on sets written for the purpose.

The evasions name the rule that must find them; the honest texts and merge values must not be blocked. Both are
checked under the strictest ordinary rules: every default, bare domains refused, and a list of banned words.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from app.content.rules import BannedWord, Rulebook, Severity, Switches, blocking

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    with (DATA / "banned_words.csv").open(encoding="utf-8", newline="") as listed:
        words = [
            BannedWord(row["word"], row["category"], Severity(row["severity"]), row["instead"])
            for row in csv.DictReader(listed)
        ]
    return Rulebook.of(words, Switches().stricter({"bare_domain": Severity.BLOCK}))


def test_evasions_are_caught(rules: Rulebook, capsys: pytest.CaptureFixture[str]) -> None:
    evasions = [json.loads(line) for line in (DATA / "evasions.jsonl").read_text("utf-8").splitlines()]
    missed = [e for e in evasions if e["rule"] not in {f.rule for f in rules.check(e["text"])}]
    caught = 1 - len(missed) / len(evasions)
    with capsys.disabled():
        kinds = ", ".join(f"{rule} {n}" for rule, n in Counter(e["rule"] for e in evasions).most_common())
        report = (
            f"\nevasions: {len(evasions) - len(missed)} of {len(evasions)} caught = {caught:.1%} ({kinds})"
        )
        print(report)  # noqa: T201  (the figures are the point)
    assert len(evasions) >= 400
    assert caught >= 0.98, missed


def test_honest_texts_pass(rules: Rulebook, capsys: pytest.CaptureFixture[str]) -> None:
    texts = [
        line
        for name in ("honest_texts.txt", "honest_values.txt")
        for line in (DATA / name).read_text("utf-8").splitlines()
    ]
    refused = [text for text in texts if blocking(rules.check(text, fields=("first name", "name")))]
    wrong = len(refused) / len(texts)
    with capsys.disabled():
        report = f"\nhonest: {len(refused)} of {len(texts)} wrongly blocked = {wrong:.2%}"
        print(report)  # noqa: T201  (the figures are the point)
    assert len(texts) == len(set(texts)) >= 1500
    assert wrong <= 0.005, refused
