"""More credits never cost less in all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.topups.prices import (
    MOST_CREDITS,
    Tier,
    check_tiers,
    money,
    price_of,
    price_per_credit,
    read_price,
)

TIERS = (Tier(100, 10_000), Tier(1_000, 9_000), Tier(10_000, 7_000))


@st.composite
def price_lists(draw: st.DrawFn) -> list[Tier]:
    sizes = sorted(draw(st.sets(st.integers(1, 200_000), min_size=1, max_size=6)))
    prices = sorted(
        draw(st.sets(st.integers(1, 200_000), min_size=len(sizes), max_size=len(sizes))), reverse=True
    )
    return [Tier(size, price) for size, price in zip(sizes, prices, strict=True)]


@given(price_lists(), st.integers(0, 300_000), st.integers(0, 300_000))
def test_more_credits_never_cost_less(tiers: list[Tier], one: int, other: int) -> None:
    check_tiers(tiers)
    fewer, more = sorted((tiers[0].from_credits + one, tiers[0].from_credits + other))
    assert price_of(fewer, tiers).total <= price_of(more, tiers).total


@given(price_lists(), st.integers(0, 300_000))
def test_nobody_pays_more_than_their_tier_says_nor_than_the_next_one_starts_at(tiers, beyond):
    credits = tiers[0].from_credits + beyond
    own = [tier for tier in tiers if tier.from_credits <= credits][-1]
    found = price_of(credits, tiers)
    assert found.total <= (credits * own.price + 500) // 1000
    if found.same_money_buys is not None:
        assert found.same_money_buys > credits
        assert price_of(found.same_money_buys, tiers).total == found.total
    else:
        assert found.total == (credits * own.price + 500) // 1000


@pytest.mark.parametrize(
    ("credits", "total", "same"),
    [
        (100, 1_000, None),
        (899, 8_990, None),
        (900, 9_000, 1_000),
        (999, 9_000, 1_000),
        (1_000, 9_000, None),
        (10_000, 70_000, None),
    ],
)
def test_the_price_by_size(credits, total, same):
    found = price_of(credits, TIERS)
    assert (found.total, found.same_money_buys) == (total, same)


@pytest.mark.parametrize(
    ("credits", "words"), [(99, "smallest top-up"), (MOST_CREDITS + 1, "largest single")]
)
def test_sizes_that_are_not_sold(credits, words):
    with pytest.raises(ValueError, match=words):
        price_of(credits, TIERS)


@pytest.mark.parametrize(
    ("tiers", "words"),
    [
        ((), "at least one"),
        ((Tier(0, 5),), "begins between"),
        ((Tier(1, 0),), "above 0"),
        ((Tier(1, 5), Tier(1, 4)), "Two tiers"),
        ((Tier(1, 5), Tier(10, 5)), "must cost less"),
    ],
)
def test_price_lists_that_are_refused(tiers, words):
    with pytest.raises(ValueError, match=words):
        check_tiers(tiers)


def test_prices_are_read_exactly():
    assert read_price("0.0725") == 7_250
    assert read_price(" 1,000 ") == 100_000_000
    assert price_per_credit(7_250) == "0.0725"
    assert price_per_credit(7_000) == "0.07"
    assert price_per_credit(100_000) == "1.00"
    assert money(123_450, "AUD") == "AUD 1,234.50"
    for wrong in ("", "a", "0", "-1", "NaN", "Infinity", "0.000001", "1e9"):
        with pytest.raises(ValueError):
            read_price(wrong)
