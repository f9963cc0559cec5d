"""Merge fields: names as people write them, literal braces, missing columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.merge import MergeFieldMissing, Template, field_key, fields_in, merge


def test_names_match_without_case_and_spaces() -> None:
    assert merge("Dear {First Name}, { firstname }!", {"first  NAME": "Ana"}) == "Dear Ana, Ana!"


def test_fields_are_named_once_as_first_written() -> None:
    assert fields_in("{First Name} {city} {FIRSTNAME} {City }") == ("First Name", "city")


@pytest.mark.parametrize(
    "text", ["{}", "{ }", "{50%}", "a { b", "a } b", "{1st}", "{a\nb}", "{" + "a" * 60 + "}", "{?}"]
)
def test_other_braces_are_literal(text: str) -> None:
    assert fields_in(text) == ()
    assert merge(text, {}) == text


def test_a_missing_field_names_itself_and_the_known_ones() -> None:
    with pytest.raises(MergeFieldMissing, match=r"\{city\}.*\{Name\}, \{Suburb\}") as caught:
        merge("{city}", {"Name": "Ana", "Suburb": "Kew"})
    assert (caught.value.name, caught.value.known) == ("city", ("Name", "Suburb"))
    with pytest.raises(MergeFieldMissing, match="none"):
        merge("{city}", {})


def test_a_value_with_braces_is_not_searched_again() -> None:
    assert merge("{a}{b}", {"a": "{b}", "b": "{a}"}) == "{b}{a}"


def test_an_empty_value_is_a_value() -> None:
    assert merge("x{a}y", {"a": ""}) == "xy"


names = st.from_regex(r"[a-z][a-z0-9 ]{0,10}[a-z0-9]", fullmatch=True)


@given(
    st.dictionaries(names, st.text(max_size=20), max_size=5),
    st.lists(st.text(st.characters(exclude_characters="{}"), max_size=20), min_size=6, max_size=6),
)
def test_a_filled_text_is_its_literals_and_values(values: dict[str, str], literals: list[str]) -> None:
    by_key = {field_key(name): value for name, value in values.items()}
    text, expected = literals[0], literals[0]
    for name, literal in zip(values, literals[1:], strict=False):
        text += "{" + name + "}" + literal
        expected += by_key[field_key(name)] + literal
    assert merge(text, values) == expected
    assert Template.parse(text).fill(by_key) == expected


@given(st.text(max_size=200))
def test_any_text_without_fields_is_itself(text: str) -> None:
    if not fields_in(text):
        assert merge(text, {}) == text
