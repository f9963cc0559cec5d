"""What a text would take: the composer's own count, for a text that is nobody's task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.content.segments import MAX_CHARACTERS, SegmentCount, Split, count_segments
from app.help.facts import Facts

LONGEST: Final = 2 * MAX_CHARACTERS
_MOST_RECIPIENTS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Calculation:
    """`flat` is the number of segments on a route that bills every 160 characters; `prices` are totals by route,
    in millicredits.
    """

    text: str
    recipients: int
    count: SegmentCount
    flat: int
    prices: tuple[tuple[str, int], ...]
    longest: int = LONGEST


def calculate(facts: Facts, text: str, recipients: str) -> Calculation:
    """Count a text as typed; what is no number of recipients counts as one."""
    text = text.replace("\r\n", "\n")[:LONGEST]
    is_number = recipients.isascii() and recipients.isdecimal()
    people = max(1, min(int(recipients), _MOST_RECIPIENTS)) if is_number and len(recipients) < 9 else 1
    count = count_segments(text, Split.NETWORK)
    flat = count_segments(text, Split.FLAT_160).segments
    totals = tuple(
        (route.name, (flat if route.flat else count.segments) * route.price * people)
        for route in facts.routes
        if route.channel == "sms"
    )
    return Calculation(text, people, count, flat, totals)
