"""The rulebook's findings: which rule, which span, what to do."""

from __future__ import annotations

import pytest

from app.content.rules import BannedWord, Finding, Rulebook, Severity, blocking

RULES = Rulebook((BannedWord("winfall", "gambling", Severity.HOLD),))


@pytest.mark.parametrize(
    ("text", "rule", "excerpt"),
    [
        ("Hi John, sale on", "greeting", "Hi"),
        ("Well hello there", "greeting", "hello"),
        ("HEY you", "greeting", "HEY"),
        ("see https://example.com/a now", "link", "https://example.com/a"),
        ("大减价 today", "chinese", "大减价"),
        ("Sale today。", "chinese", "。"),
        ("Sale 🎉🎉 today", "emoji", "🎉🎉"),
        ("Sale “today", "alphabet", "“"),
        ("A Winfall for you", "banned_word", "Winfall"),
    ],
)
def test_each_rule_names_its_span(text: str, rule: str, excerpt: str) -> None:
    (finding,) = RULES.check(text)
    assert (finding.rule, finding.excerpt) == (rule, excerpt)
    assert text[finding.start : finding.end] == excerpt
    assert finding.message
    assert finding.advice


def test_empty_and_too_long_are_findings() -> None:
    assert [f.rule for f in RULES.check(" \n")] == ["empty"]
    (long,) = RULES.check("ab " * 307)
    assert (long.rule, long.start, long.end) == ("too_long", 918, 921)


def test_only_a_block_refuses() -> None:
    assert not blocking(RULES.check("A winfall for you"))
    assert blocking(RULES.check("hello"))


def test_findings_are_stored_and_read_back() -> None:
    for finding in RULES.check("hello 🎉"):
        assert Finding.from_json(finding.to_json()) == finding


def test_equal_rulebooks_hash_alike() -> None:
    assert {RULES, Rulebook.of([BannedWord("winfall", "gambling", Severity.HOLD)])} == {RULES}
