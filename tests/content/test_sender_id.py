"""Sender IDs: length, characters and names that belong to somebody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.findings import Severity
from app.content.sender_id import check_sender_id

PROTECTED = ("Amazon", "Westpac", "ANZ", "PayPal", "Medicare", "Maybank")


@pytest.mark.parametrize(
    "name", ["Bluegum", "A&B Co", "Shop24", "J.Smith", "Tile-Shop", "my_shop", "A1", "Anzac Club", "ANZAC24"]
)
def test_honest_names_pass(name: str) -> None:
    assert check_sender_id(name, protected=PROTECTED) == []


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("", "sid_empty"),
        ("   ", "sid_empty"),
        ("Elevenchars", "sid_too_long"),
        ("12345", "sid_digits_only"),
        ("0400 555", "sid_digits_only"),
        ("Shop!", "sid_characters"),
        ("Joe's", "sid_characters"),
        ("Café", "sid_characters"),
        (" Shop", "sid_spacing"),
        ("Shop ", "sid_spacing"),
        ("My  Shop", "sid_spacing"),
        ("Shop-", "sid_spacing"),
    ],
)
def test_each_fault_has_its_rule(name: str, rule: str) -> None:
    findings = check_sender_id(name)
    assert rule in {finding.rule for finding in findings}
    assert all(name[f.start : f.end] == f.excerpt for f in findings)


def test_a_route_may_take_eleven_but_never_more() -> None:
    assert check_sender_id("Elevenchars", maximum=11) == []
    with pytest.raises(ValueError, match="11"):
        check_sender_id("Shop", maximum=12)


@pytest.mark.parametrize(
    "name",
    [
        "Amazon",
        "AMAZON",
        "AMAZ0N",
        "Arnazon",
        "A.mazon",
        "Amaz on",
        "Amazzon",
        "Amazon AU",
        "AmazonHelp",
        "VVestpac",
        "Westpac1",
        "ANZ",
        "A N Z",
        "4NZ",
        "ANZ Bank",
        "PayPa1",
        "PaypaI",
        "Med1care",
        "M4ybank",
        "ANZ24",
        "1ANZ",
        "ANZrefund",
        "4NZbank",
        "MyANZ",
        "anzinfo",
        "theanz",
        "PayPalID",
    ],
)
def test_protected_names_and_their_look_alikes_are_refused(name: str) -> None:
    (finding,) = check_sender_id(name, protected=PROTECTED)
    assert (finding.rule, finding.severity) == ("sid_protected", Severity.BLOCK)


@pytest.mark.parametrize("name", ["Amazom", "Wetspac", "Medicar", "Maybang"])
def test_one_letter_off_is_left_to_staff(name: str) -> None:
    (finding,) = check_sender_id(name, protected=PROTECTED)
    assert finding.severity is Severity.HOLD


@given(st.text(max_size=20), st.integers(1, 11))
def test_spans_are_inside_and_a_pass_keeps_the_promise(name: str, maximum: int) -> None:
    findings = check_sender_id(name, maximum, PROTECTED)
    assert all(0 <= f.start <= f.end <= len(name) for f in findings)
    if not findings:
        assert 1 <= len(name) <= maximum
        assert name.isascii()
        assert any(c.isalpha() for c in name)
