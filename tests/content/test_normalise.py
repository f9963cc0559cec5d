"""Folding, and finding words however they are written, with spans that lie in the original."""

from __future__ import annotations

import unicodedata

import emoji
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.normalise import fold
from app.content.rules import BannedWord, Rulebook, Severity, Switches
from app.content.scripts import emoji as emoji_spans

ANY = st.text(max_size=120)
TRICKY = st.text(st.sampled_from("helo hiHI1!|3$@.-_ \n\u200b\u0301\u00ad家🎉ｈһξΛ{}"), max_size=120)
RULES = Rulebook.of(
    [BannedWord("casino", "gambling", Severity.BLOCK), BannedWord("free money", "scam", Severity.HOLD)],
    Switches().stricter(dict.fromkeys(("bare_domain", "call_back", "personal_data"), Severity.BLOCK)),
)


@given(ANY | TRICKY)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@given(ANY | TRICKY)
def test_every_folded_character_has_its_origin(text: str) -> None:
    folded = fold(text)
    assert len(folded.origins) == len(folded.text)
    assert list(folded.origins) == sorted(folded.origins)
    assert all(0 <= origin < len(text) for origin in folded.origins)


@given(ANY | TRICKY)
def test_spans_are_inside_the_original_and_sorted(text: str) -> None:
    findings = RULES.check(text)
    assert [f.start for f in findings] == sorted(f.start for f in findings)
    for finding in findings:
        assert 0 <= finding.start <= finding.end <= len(text)
        assert text[finding.start : finding.end] == finding.excerpt


@given(st.text(st.characters(categories=["Mn", "Cf"]), max_size=3), st.integers(1, 4))
def test_invisible_characters_never_hide_a_word(invisible: str, at: int) -> None:
    text = "hello"[:at] + invisible + "hello"[at:]
    assert "greeting" in {finding.rule for finding in RULES.check(text)}


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_plain_word_is_found_between_any_texts(before: str, after: str) -> None:
    found = [f.excerpt for f in RULES.check(f"{before} casino {after}") if f.rule == "banned_word"]
    assert any("casino" in excerpt for excerpt in found)


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("ＨＥＬＬＯ", "hello"),
        ("НЕLLО", "hello"),
        ("h\u200be\u0301llo", "hello"),
        ("ⓗⓘ", "hi"),
        ("ﬁne", "fine"),
        ("HΞLLΩ", "hello"),
        ("a\u00a0b", "a b"),
    ],
)
def test_what_a_reader_sees(text: str, reads: str) -> None:
    assert fold(text).text == reads


def test_a_span_takes_in_the_accents_of_its_last_letter() -> None:
    text = "xx he\u0301llo\u0301\u200b yy"
    (finding,) = (f for f in RULES.check(text) if f.rule == "greeting")
    assert finding.excerpt == "he\u0301llo\u0301\u200b"


def test_every_emoji_of_the_standard_is_one_finding() -> None:
    missed = []
    for sequence in emoji.EMOJI_DATA:
        if unicodedata.category(sequence[0]) in ("Nd", "Po") or sequence in "©®™":
            continue
        if emoji_spans(sequence) != [(0, len(sequence))]:
            missed.append(sequence)
    assert missed == []
