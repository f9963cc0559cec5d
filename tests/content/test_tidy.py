"""Tidying shows each change, makes GSM of what has an honest equivalent, and leaves the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.alphabet import is_gsm
from app.content.findings import Finding, Severity
from app.content.marking import mark
from app.content.tidy import replacement_for, tidy


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("It’s “new” – really…", 'It\'s "new" - really...'),
        ("a\u00a0b\tc\u2009d", "a b c d"),
        ("za\u017c\u00f3\u0142\u0107 caf\u00e9 cre\u0301me", "zazolc café créme"),
        ("so\u200bft\ufeff", "soft"),
        ("½ price, 100 m², 4×4", "1/2 price, 100 m2, 4x4"),
        ("œuvre ™ №", "oeuvre (TM) No."),
        ("`quoted`", "'quoted'"),
        ("ｓａｌｅ", "sale"),
        ("line\u2028line", "line\nline"),
        ("日本 🎉 я", "日本 🎉 я"),
    ],
)
def test_what_becomes_of_a_text(text: str, tidied: str) -> None:
    assert tidy(text).text == tidied


def test_accents_that_gsm_has_stay() -> None:
    assert tidy("café Ñandú à la Größe").changes == ((9, 10, "ú", "u"),)


def test_nothing_becomes_a_question_mark() -> None:
    assert replacement_for("я") is None
    assert replacement_for("–") == "-"


@given(st.text(max_size=100))
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    once = tidy(text)
    assert tidy(once.text).text == once.text


@given(st.text(max_size=100))
def test_the_changes_are_the_whole_difference(text: str) -> None:
    tidied = tidy(text)
    pieces, position = [], 0
    for start, end, before, after in tidied.changes:
        assert text[start:end] == before
        assert is_gsm(after)
        pieces += [text[position:start], after]
        position = end
    assert "".join([*pieces, text[position:]]) == tidied.text


def _finding(start: int, end: int) -> Finding:
    return Finding("x", Severity.BLOCK, start, end, "", "", "")


def test_marking_cuts_where_findings_begin_and_end() -> None:
    one, two = _finding(2, 5), _finding(4, 6)
    assert mark("abcdefgh", [one, two]) == [
        ("ab", ()),
        ("cd", (one,)),
        ("e", (one, two)),
        ("f", (two,)),
        ("gh", ()),
    ]
    assert mark("abc", []) == [("abc", ())]
    assert mark("", [_finding(0, 0)]) == []


@given(st.text(max_size=30), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6))
def test_marked_pieces_joined_are_the_text(text: str, spans: list[tuple[int, int]]) -> None:
    findings = [_finding(min(span), max(span)) for span in spans]
    assert "".join(piece for piece, _ in mark(text, findings)) == text
