"""Switches, routes, countries and merged texts: what holds where."""

from __future__ import annotations

import time

import pytest

from app.content.merge import merge
from app.content.rules import MAX_FINDINGS_OF_A_RULE, BannedWord, Rulebook, Severity, Switches, blocking

MALAYSIA = Rulebook.default().for_region("MY")


def rules_of(rulebook: Rulebook, text: str) -> set[str]:
    return {finding.rule for finding in rulebook.check(text)}


def test_a_bare_domain_is_its_own_switch() -> None:
    assert rules_of(Rulebook.default(), "See shopname.com") == set()
    strict = Rulebook.of([], Switches(bare_domain=Severity.HOLD))
    (finding,) = strict.check("See shopname.com today")
    assert (finding.rule, finding.excerpt, finding.severity) == ("bare_domain", "shopname.com", Severity.HOLD)
    assert not blocking([finding])


@pytest.mark.parametrize("rule", ["greeting", "link", "shortener", "chinese", "emoji", "alphabet"])
def test_each_rule_can_be_switched_off(rule: str) -> None:
    text = "Hi, 大 😀 – see https://a.example and bit.ly/x"
    assert rule in rules_of(Rulebook.default(), text)
    off = Switches.from_json({rule: None})
    assert rule not in rules_of(Rulebook.of([], off), text)


def test_a_unicode_route_has_no_alphabet_and_counts_utf16() -> None:
    rulebook = Rulebook.of([], Switches(alphabet=None))
    assert rules_of(rulebook, "Привет – “sale”") == set()
    assert rules_of(rulebook, "я" * 402) == set()
    assert rules_of(rulebook, "я" * 403) == {"too_long"}
    assert rules_of(rulebook, "ab " * 306) == set()


def test_whatsapp_allows_emoji_and_1024_characters() -> None:
    rulebook = Rulebook.of([], Switches.whatsapp())
    assert rules_of(rulebook, "Sale 🎉 – “today”") == set()
    assert rules_of(rulebook, "ab " * 341) == set()
    assert rules_of(rulebook, "ab " * 342) == {"too_long"}
    assert "greeting" in rules_of(rulebook, "Ｈello")


def test_the_cap_counts_pairs_as_the_network_does() -> None:
    assert rules_of(Rulebook.default(), "a" * 918) == set()
    assert rules_of(Rulebook.default(), "€" * 456) == set()
    (finding,) = Rulebook.default().check("€" * 457)
    assert (finding.rule, finding.start, finding.end) == ("too_long", 456, 457)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Visit kedai.my for more", "bare_domain"),
        ("Call 03-5550 1234 now", "call_back"),
        ("Talk to us: +60 12 555 0198", "call_back"),
        ("WhatsApp us at 0125550198", "call_back"),
        ("Call 1300 88 0000", "call_back"),
        ("Reply with your IC number", "personal_data"),
        ("Please send us your bank account number to get it", "personal_data"),
        ("Confirm your password today", "personal_data"),
        ("Update your credit card details", "personal_data"),
    ],
)
def test_malaysia_forbids_links_numbers_and_personal_data(text: str, rule: str) -> None:
    assert rule in rules_of(MALAYSIA, text)
    assert rules_of(Rulebook.default(), text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "RM1,299.90 only, 50% off from 14.05.2025 to 20.05.2025",
        "Order no. 123456789 is on its way",
        "Code 8821734 takes 10% off, valid 2024-2025",
        "Show your ID card at the door",
        "We never ask for your password",
        "Open 10.00-17.00 daily, 12 branches, 3,000,000 customers",
        "Confirm your booking at the counter",
    ],
)
def test_malaysia_lets_prices_dates_and_codes_pass(text: str) -> None:
    assert rules_of(MALAYSIA, text) == set()


def test_a_country_never_softens_a_rule() -> None:
    hold = Switches(link=Severity.HOLD)
    assert hold.stricter({"link": Severity.ALERT}).link is Severity.HOLD
    assert Rulebook.of([], hold).for_region("MY").switches.link is Severity.BLOCK
    assert Rulebook.default().for_region("AU") == Rulebook.default()


def test_switches_are_stored_and_read_back() -> None:
    for switches in (Switches(), Switches.whatsapp(), Switches(alphabet=None), MALAYSIA.switches):
        assert Switches.from_json(switches.to_json()) == switches
    with pytest.raises(ValueError, match="No such content rule"):
        Switches.from_json({"greetings": "block"})
    with pytest.raises(ValueError, match="shout"):
        Switches.from_json({"link": "shout"})
    with pytest.raises(ValueError, match="No such content rule"):
        Switches().stricter({"nothing": Severity.BLOCK})


def test_a_word_split_over_merge_fields_is_found_before_and_after_merging() -> None:
    template = "he{x}llo and {first name}"
    assert "greeting" in {f.rule for f in Rulebook.default().check(template, fields=("X", "First Name"))}
    assert "greeting" in rules_of(Rulebook.default(), merge(template, {"x": "", "first name": "Ana"}))
    assert "greeting" in rules_of(Rulebook.default(), merge("{a}{b}", {"a": "Hel", "b": "lo Ana"}))


def test_a_column_named_like_a_greeting_is_only_a_column() -> None:
    assert Rulebook.default().check("Dear {Hello}", fields=("hello",)) == []
    assert "greeting" in rules_of(Rulebook.default(), "Dear {Hello}")


def test_a_rewording_is_offered_where_there_is_one() -> None:
    rulebook = Rulebook.of([BannedWord("free money", "scam", Severity.BLOCK, "a discount")])
    (finding,) = rulebook.check("Get fr33 m0ney")
    assert '"a discount"' in finding.advice
    assert '"free money"' in finding.message


def test_of_a_word_inside_a_longer_one_only_the_longer_is_named() -> None:
    rulebook = Rulebook.of(
        [BannedWord("win", "x", Severity.BLOCK), BannedWord("win big", "x", Severity.BLOCK)]
    )
    assert [f.excerpt for f in rulebook.check("You win big today")] == ["win big"]


def test_many_findings_of_a_rule_are_counted_not_listed() -> None:
    findings = Rulebook.default().check("hello " * 50)
    assert len(findings) == MAX_FINDINGS_OF_A_RULE
    assert "30 more" in findings[-1].message


def test_a_message_of_nothing_visible_is_empty() -> None:
    assert rules_of(Rulebook.default(), "\u200b \u00ad\n") == {"empty"}


@pytest.mark.parametrize("piece", ["hi ", "h e l l o ", "大 x ", "https://a.example ", "a", "€", "é–"])
def test_a_pasted_book_is_too_long_and_quickly_so(piece: str) -> None:
    text = piece * (3_000_000 // len(piece))
    started = time.process_time()
    assert "too_long" in rules_of(MALAYSIA, text)
    assert time.process_time() - started < 4


HOSTILE = [
    "l1" * 460,
    "h" * 918,
    "h e l l o " * 91,
    "hi" * 459,
    "1" * 918,
    "!" * 918,
    "." * 918,
    "h." * 459,
    "a.b" * 306,
    "x@" * 459,
    "h t " * 229,
    "l i " * 229,
    "{" * 918,
    "\u0301" * 918,
    "send your " * 91,
    "1 2 3 4 " * 114,
    "i|l1!" * 183,
    "大 " * 459,
    "http" * 229,
    "www." * 229,
    "call " * 183,
    "\ufdfa" * 918,
    "- " * 459,
    "a-" * 459,
    "x x x " * 153,
    "o" * 400 + "h" + "e" * 500,
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_no_text_of_the_longest_message_takes_long(number: int) -> None:
    words = [
        BannedWord(w, "x", Severity.BLOCK) for w in ("xxx", "illi", "ill", "casino", "lil", "free money")
    ]
    rulebook = Rulebook.of(words, MALAYSIA.switches)
    rulebook.check("warm – up")
    started = time.process_time()
    rulebook.check(HOSTILE[number])
    assert time.process_time() - started < 0.25
