"""Segments × price = integer millicredits (1 credit = 1000 millicredits). No float ever touches money."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.language import gettext

MILLICREDITS = 1000
PRICE_DECIMALS = 2  # a price of a segment has at least these: 0.85, 1.20, 0.855
_CREDITS = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,13})(?:\.(\d+))?", re.ASCII)
_LARGEST = 10**15


@dataclass(frozen=True, slots=True)
class Tariff:
    """A route's prices in millicredits a segment.

    `by_prefix` holds exceptions by the leading digits of a number with or without its plus ("61" is
    Australia, "6141" some of its mobiles); the longest that fits wins. Raises ValueError for a negative
    price or a prefix that is not digits.
    """

    per_segment: int
    by_prefix: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        prices = [("", self.per_segment), *self.by_prefix]
        if any(millicredits < 0 for _, millicredits in prices):
            raise ValueError("A price per segment cannot be negative.")
        tidied = [(prefix.removeprefix("+"), millicredits) for prefix, millicredits in self.by_prefix]
        if any(not (prefix.isascii() and prefix.isdigit()) for prefix, _ in tidied):
            raise ValueError("A price prefix is the leading digits of a number, such as 61 or 6141.")
        longest_first = sorted(tidied, key=lambda entry: -len(entry[0]))
        object.__setattr__(self, "by_prefix", tuple(longest_first))

    def price_per_segment(self, e164: str) -> int:
        """The price of one segment to this number (E.164, with or without its plus), in millicredits."""
        digits = e164.removeprefix("+")
        for prefix, millicredits in self.by_prefix:
            if digits.startswith(prefix):
                return millicredits
        return self.per_segment


def price(e164: str, segments: int, tariff: Tariff) -> int:
    """The price of one message in millicredits. Raises ValueError for a negative number of segments."""
    if segments < 0:
        raise ValueError("A message cannot take fewer than no segments.")
    return segments * tariff.price_per_segment(e164)


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One country's share of a quote. `region` is its ISO 3166 code, such as AU; money in millicredits."""

    region: str
    recipients: int
    segments: int
    millicredits: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What a submission costs: `lines` by country, dearest first; the totals are the sums of the lines."""

    lines: tuple[PriceLine, ...]
    recipients: int
    segments: int
    total: int


def quote(rows: Iterable[tuple[str, str, int]], tariff: Tariff) -> Quote:
    """Price rows of (E.164 number, region, segments). Raises ValueError for negative segments."""
    sums: dict[str, list[int]] = {}
    for e164, region, segments in rows:
        line = sums.setdefault(region, [0, 0, 0])
        line[0] += 1
        line[1] += segments
        line[2] += price(e164, segments, tariff)
    lines = [PriceLine(region, *line) for region, line in sums.items()]
    lines.sort(key=lambda line: (-line.millicredits, line.region))
    return Quote(
        lines=tuple(lines),
        recipients=sum(line.recipients for line in lines),
        segments=sum(line.segments for line in lines),
        total=sum(line.millicredits for line in lines),
    )


def credits(millicredits: int, decimals: int = 0) -> str:
    """Millicredits as people read them: "1,234.5", "0.001", "-2". Exact.

    Has no needless zeros beyond `decimals` places; with those, the figures of a column end below one another,
    and one that changes while somebody looks does not change its length.
    """
    whole, rest = divmod(abs(millicredits), MILLICREDITS)
    sign = "-" if millicredits < 0 else ""
    fraction = f"{rest:03d}".rstrip("0").ljust(decimals, "0")
    return f"{sign}{whole:,}.{fraction}" if fraction else f"{sign}{whole:,}"


def decimals_of(millicredits: int) -> int:
    """How many decimals this amount needs, 0 to 3."""
    return len(f"{abs(millicredits) % MILLICREDITS:03d}".rstrip("0"))


def parse_credits(written: str) -> int:
    """Credits as people write them ("12.5", "1,234", "0.001") in millicredits.

    Raises ValueError with a sentence for the reader for anything else, more than three decimals or a negative amount.
    """
    tidy = written.strip()
    if not tidy:
        raise ValueError(gettext("Enter an amount of credits."))
    if tidy.startswith("-"):
        raise ValueError(gettext("Credits cannot be negative."))
    match = _CREDITS.fullmatch(tidy)
    if match is None:
        raise ValueError(
            gettext("“%(written)s” is not an amount of credits. Write it like 12.5 or 1,234.", written=tidy)
        )
    whole, fraction = match[1].replace(",", ""), match[2] or ""
    if len(fraction.rstrip("0")) > 3:
        raise ValueError(gettext("Credits have at most three decimals."))
    millicredits = int(whole) * MILLICREDITS + int(fraction[:3].ljust(3, "0"))
    if millicredits > _LARGEST:
        raise ValueError(gettext("That is more credits than an account can hold."))
    return millicredits
