"""Prices are exact integers of millicredits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pricing import Tariff, credits, parse_credits, price, quote

TARIFF = Tariff(per_segment=1000, by_prefix=(("61", 850), ("+6141", 900), ("1", 700)))


@pytest.mark.parametrize(
    ("e164", "expected"),
    [("+61298765432", 850), ("+61412345678", 900), ("14155550123", 700), ("+447911123456", 1000)],
)
def test_longest_prefix_wins(e164: str, expected: int) -> None:
    assert TARIFF.price_per_segment(e164) == expected


def test_price_is_segments_times_the_prefix_price() -> None:
    assert price("+61412345678", 3, TARIFF) == 2700
    assert price("+61412345678", 0, TARIFF) == 0


def test_negative_segments_and_prices_are_refused() -> None:
    with pytest.raises(ValueError, match="fewer than no segments"):
        price("+61412345678", -1, TARIFF)
    with pytest.raises(ValueError, match="negative"):
        Tariff(-1)
    with pytest.raises(ValueError, match="prefix"):
        Tariff(1, (("61a", 2),))


def test_equal_tariffs_are_equal_whatever_the_order_of_prefixes() -> None:
    assert Tariff(1, (("61", 2), ("6141", 3))) == Tariff(1, (("+6141", 3), ("+61", 2)))


rows = st.lists(
    st.tuples(
        st.from_regex(r"\+(61|6141|1|44|60)[0-9]{8}", fullmatch=True),
        st.sampled_from(["AU", "US", "GB", "MY"]),
        st.integers(0, 8),
    ),
    max_size=60,
)


@given(rows, st.integers(0, 10**7))
def test_lines_of_a_quote_sum_to_its_total(listed: list[tuple[str, str, int]], per_segment: int) -> None:
    tariff = Tariff(per_segment, (("6141", 1), ("61", 850)))
    result = quote(iter(listed), tariff)
    assert result.total == sum(line.millicredits for line in result.lines)
    assert result.total == sum(price(e164, segments, tariff) for e164, _, segments in listed)
    assert result.recipients == len(listed)
    assert result.segments == sum(segments for *_, segments in listed)
    assert len({line.region for line in result.lines}) == len(result.lines)


@pytest.mark.parametrize(
    ("millicredits", "written"),
    [(0, "0"), (1, "0.001"), (1_234_500, "1,234.5"), (-2000, "-2"), (-1, "-0.001"), (10**9, "1,000,000")],
)
def test_credits_as_people_read_them(millicredits: int, written: str) -> None:
    assert credits(millicredits) == written


@given(st.integers(0, 10**15))
def test_what_is_written_is_read_back(millicredits: int) -> None:
    assert parse_credits(credits(millicredits)) == millicredits


@pytest.mark.parametrize(
    "written", ["", "  ", "-1", "1.2345", "1e3", "NaN", "12,34", "1.", ".5", "١٢", "1 000", "9" * 30, "0x10"]
)
def test_what_is_no_amount_is_refused_with_a_reason(written: str) -> None:
    with pytest.raises(ValueError, match=r"[Cc]redits"):
        parse_credits(written)


def test_needless_zeros_are_no_decimals() -> None:
    assert parse_credits(" 12.5000 ") == 12_500
