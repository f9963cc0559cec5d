"""What credits cost: whole credits × the tier's price, in the currency's hundredths. Pure; no float touches money.

All credits of a top-up cost what the tier of its size says (volume pricing). By itself that would make some small
top-ups dearer than larger ones: 999 credits at 0.10 cost 99.90, 1,000 at 0.09 cost 90.00. So a top-up never costs
more than any larger one would: **more credits never cost less in all**, and nobody who buys a little less than a
tier pays more than its start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Final

from app.language import gettext, thousands

PRICE_UNITS: Final = 100_000  # a tier's price is in hundred-thousandths of the currency's unit
MOST_CREDITS: Final = 10_000_000  # of one top-up, in whole credits
_DECIMALS: Final = 5
_DEAREST: Final = 1_000 * PRICE_UNITS


@dataclass(frozen=True, slots=True)
class Tier:
    """From `from_credits` whole credits on, a credit costs `price` hundred-thousandths of the currency's unit."""

    from_credits: int
    price: int


@dataclass(frozen=True, slots=True)
class Price:
    """`total` is in the currency's hundredths. `same_money_buys`: whole credits of a larger tier's start that cost
    the same; None where the tier of the amount itself sets the price.
    """

    credits: int
    total: int
    same_money_buys: int | None = None


def price_of(credits: int, tiers: Sequence[Tier]) -> Price:
    """The price of so many whole credits. `tiers` is ordered by size.

    Raises ValueError, with a sentence for the client, below the first tier and above the most that one top-up takes.
    """
    if not tiers:
        raise ValueError(gettext("This plan has no prices yet. Ask support."))
    if credits < tiers[0].from_credits:
        raise ValueError(
            gettext(
                "The smallest top-up of this plan is %(credits)s credits.",
                credits=thousands(tiers[0].from_credits),
            )
        )
    if credits > MOST_CREDITS:
        raise ValueError(
            gettext("The largest single top-up is %(credits)s credits.", credits=thousands(MOST_CREDITS))
        )
    own = [tier for tier in tiers if tier.from_credits <= credits][-1]
    total, same_money_buys = _hundredths(credits, own.price), None
    for tier in tiers:
        if tier.from_credits > credits:
            start = _hundredths(tier.from_credits, tier.price)
            if start <= total:
                total, same_money_buys = start, tier.from_credits
    return Price(credits, total, same_money_buys)


def check_tiers(tiers: Sequence[Tier]) -> None:
    """Raises ValueError, with a sentence for staff, unless sizes rise and the price per credit falls with them."""
    if not tiers:
        raise ValueError(gettext("A plan needs at least one tier."))
    for tier in tiers:
        if not 1 <= tier.from_credits <= MOST_CREDITS:
            raise ValueError(
                gettext("A tier begins between 1 and %(credits)s credits.", credits=thousands(MOST_CREDITS))
            )
        if not 0 < tier.price <= _DEAREST:
            raise ValueError(gettext("The price of a credit is above 0 and at most 1,000."))
    for smaller, larger in pairwise(tiers):
        if larger.from_credits <= smaller.from_credits:
            raise ValueError(
                gettext(
                    "Two tiers begin at %(credits)s credits. Change or remove one.",
                    credits=thousands(larger.from_credits),
                )
            )
        if larger.price >= smaller.price:
            raise ValueError(
                gettext(
                    "From %(credits)s credits on, a credit must cost less than in the tier before.",
                    credits=thousands(larger.from_credits),
                )
            )


def read_price(written: str) -> int:
    """A price per credit as staff write it ("0.0725") in hundred-thousandths. Raises ValueError."""
    try:
        value = Decimal(written.strip().replace(",", ""))
    except InvalidOperation:
        raise ValueError(
            gettext("“%(written)s” is not a price. Write it like 0.0725.", written=written.strip()[:20])
        ) from None
    if not value.is_finite() or value <= 0 or value > _DEAREST // PRICE_UNITS:
        raise ValueError(gettext("The price of a credit is above 0 and at most 1,000."))
    units = value * PRICE_UNITS
    if units != units.to_integral_value():
        raise ValueError(gettext("A price per credit has at most %(decimals)s decimals.", decimals=_DECIMALS))
    return int(units)


def price_per_credit(price: int) -> str:
    """A tier's price as people read it, with at least two decimals: "0.07", "0.0725"."""
    whole, rest = divmod(price, PRICE_UNITS)
    return f"{whole}.{f'{rest:0{_DECIMALS}d}'.rstrip('0').ljust(2, '0')}"


def money(hundredths: int, currency: str) -> str:
    """An amount of money: "AUD 1,234.50"."""
    return f"{currency} {hundredths // 100:,}.{hundredths % 100:02d}"


def _hundredths(credits: int, price: int) -> int:
    """Rounded half up. Rounding keeps the order of prices, so it cannot make a larger top-up cheaper."""
    unit = PRICE_UNITS // 100
    return (credits * price + unit // 2) // unit
