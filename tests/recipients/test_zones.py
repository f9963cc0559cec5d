"""The local times where a number may be."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.recipients.zones import clocks_at
from app.sending.drafting.review import LocalTime

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def words(number: str, moment: datetime = NOON) -> str:
    clocks = clocks_at(number, moment)
    assert clocks is not None
    return LocalTime("there", *clocks).words


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+6421123456", "Thu 02 Jul, 00:00 to 00:45"),  # Auckland and Chatham
        ("+447400123456", "Wed 01 Jul, 13:00 BST"),  # four zones, one clock
        ("+61412345678", "Wed 01 Jul, 18:30 to 22:30"),  # Cocos Islands to Lord Howe Island
    ],
)
def test_a_country_with_several_clocks_gives_the_slowest_and_the_fastest(number, expected):
    assert words(number) == expected


def test_the_day_is_told_again_where_it_is_another():
    assert words("+61412345678", NOON.replace(hour=15)) == "Wed 01 Jul, 21:30 to Thu 02 Jul, 01:30"


def test_a_number_of_nowhere_has_no_clock():
    assert clocks_at("+88213123456", NOON) is None
