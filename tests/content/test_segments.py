"""Segments, against cases worked by hand and an independent count by a GSM codec."""

from __future__ import annotations

import gsm0338
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.alphabet import BASIC, EXTENSION, GSM, is_gsm, outside, septets
from app.content.segments import Split, count_segments

CODEC = gsm0338.Codec()


def by_codec(text: str) -> int:
    """Parts by encoding each character and filling 153 septets, or 67 units, one character at a time."""
    if is_gsm(text):
        widths, single, part = [len(CODEC.encode(c)[0]) for c in text], 160, 153
    else:
        widths, single, part = [len(c.encode("utf-16-be")) // 2 for c in text], 70, 67
    if sum(widths) <= single:
        return 1 if text else 0
    parts = [0]
    for width in widths:
        if parts[-1] + width > part:
            parts.append(0)
        parts[-1] += width
    return len(parts)


def test_the_tables_are_those_of_the_codec() -> None:
    assert len(BASIC) == 127
    assert len(EXTENSION) == 10
    for code in range(0x11000):
        character = chr(code)
        if 0xD800 <= code < 0xE000 or character == "\x1b":
            continue
        try:
            width = len(CODEC.encode(character)[0])
        except UnicodeError:
            width = 0
        if character == "ç":  # the codec takes both cases for the one code; the table has the capital
            continue
        assert (character in BASIC, character in EXTENSION) == (width == 1, width == 2), character


@pytest.mark.parametrize(
    ("text", "split", "units", "segments", "left"),
    [
        ("", Split.NETWORK, 0, 0, 160),
        ("a" * 160, Split.NETWORK, 160, 1, 0),
        ("a" * 161, Split.NETWORK, 161, 2, 145),
        ("a" * 306, Split.NETWORK, 306, 2, 0),
        ("a" * 307, Split.NETWORK, 307, 3, 152),
        ("a" * 161, Split.FLAT_160, 161, 2, 159),
        ("a" * 320, Split.FLAT_160, 320, 2, 0),
        ("€" * 80, Split.NETWORK, 160, 1, 0),
        ("a" * 152 + "€" + "a" * 152, Split.NETWORK, 306, 3, 152),
        ("a" * 159 + "€", Split.FLAT_160, 161, 2, 159),
        ("😀" * 35, Split.NETWORK, 70, 1, 0),
        ("я" * 70, Split.FLAT_160, 70, 1, 0),
        ("я" * 71, Split.FLAT_160, 71, 2, 63),
        ("a" * 66 + "😀" * 10, Split.NETWORK, 86, 2, 47),
    ],
)
def test_cases_worked_by_hand(text: str, split: Split, units: int, segments: int, left: int) -> None:
    count = count_segments(text, split)
    assert (count.units, count.segments, count.left) == (units, segments, left)


gsm_texts = st.text(st.sampled_from(sorted(GSM)), max_size=700)


@given(gsm_texts)
def test_network_split_agrees_with_the_codec(text: str) -> None:
    count = count_segments(text, Split.NETWORK)
    assert count.units == len(CODEC.encode(text)[0]) == septets(text)
    assert count.segments == by_codec(text)


@given(st.text(max_size=300))
def test_any_text_agrees_with_the_codec(text: str) -> None:
    count = count_segments(text.replace("\x1b", ""), Split.NETWORK)
    assert count.segments == by_codec(text.replace("\x1b", ""))


@given(gsm_texts)
def test_flat_is_a_line_on_a_bill(text: str) -> None:
    count = count_segments(text, Split.FLAT_160)
    assert (count.segments - 1) * 160 < max(count.units, 1) + 160 - 160 * bool(text)
    assert count.segments == -(-count.units // 160)
    assert 0 <= count.left <= 160


@given(st.text(max_size=400), st.sampled_from(Split))
def test_one_more_character_never_takes_less(text: str, split: Split) -> None:
    before, after = count_segments(text, split), count_segments(text + "a", split)
    assert after.segments >= before.segments
    assert after.units == before.units + 1


def test_a_backtick_is_outside_and_named_with_its_place() -> None:
    assert outside("a`b–") == [(1, 2, "`"), (3, 4, "–")]
    with pytest.raises(ValueError, match="position 1"):
        septets("a`")
