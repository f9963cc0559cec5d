"""The demo's recipient file, and what must become of it. New numbers at every making.

The endings are the sandbox carrier's (`app.gateways.sandbox_numbers`); the rows that are rejected have one known
fault each. Money is integer millicredits.
"""

from __future__ import annotations

import io
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from openpyxl import Workbook

ROUTE = "SMS Direct"
CONTENT = "Dear {first name}, our winter list is out. Come by the shop in Harbour Lane before Friday."
HEADINGS = ("Phone", "First name")
FIRST_NAMES = ("Ada", "Ben", "Chloe", "Dev", "Elif", "Femi", "Greta", "Hugo", "Ines", "Jonas")
LEAST_ROWS = 100

# What the demo route asks for a segment, by country code; every text here is one segment.
PRICES = {"61": 1_000, "44": 1_200, "60": 850}
# A mobile range of each country; five digits and the two of the ending follow. Of 20 rows, so many go there.
_RANGES = {"61": "6141", "44": "44741", "60": "6012"}
_WEIGHTS = {"61": 14, "44": 4, "60": 2}

# Rows in 5,000; smaller files get their share, and at least one of each.
_FAULTS = {"duplicate": 40, "landline": 30, "too_short": 25, "local_format": 30, "blocked_country": 25}
_ENDINGS = {
    "90": 20, "91": 20, "92": 20, "93": 20, "94": 20, "95": 10, "96": 5, "97": 5, "98": 10, "99": 20,
}  # fmt: skip
_REFUSED, _FAILED_LATER, _SILENT, _IN_DOUBT = frozenset({"90", "91"}), "94", "95", "97"


@dataclass(frozen=True)
class Expected:
    """What the review and the task must show for a file."""

    rows: int
    rejected: dict[str, int]
    accepted: int
    delivered: int
    no_receipt: int
    failed: int
    in_doubt: int
    held: int
    charged: int
    released: int
    refunded: int

    @property
    def sent(self) -> int:
        """Taken by the network: delivered, or accepted with no receipt to come."""
        return self.delivered + self.no_receipt

    @property
    def outstanding(self) -> int:
        """Still held for what is in doubt."""
        return self.held - self.charged - self.released


@dataclass(frozen=True)
class DemoSheet:
    """A workbook as bytes, and what must become of it."""

    xlsx: bytes
    expected: Expected


def make_sheet(rows: int, chance: random.Random) -> DemoSheet:
    """A file of so many rows. Raises ValueError for fewer than LEAST_ROWS."""
    if rows < LEAST_ROWS:
        raise ValueError(f"The demo needs at least {LEAST_ROWS} rows, to have some of every kind.")
    faults = _shares(_FAULTS, rows)
    good = list(_good_numbers(rows - sum(faults.values()), _shares(_ENDINGS, rows), chance))
    ordinary = [number for number in good if int(number[-2:]) < 90]
    cells = [f"+{number}" for number in good]
    for fault, count in faults.items():
        cells.extend(_faulty(fault, count, ordinary, chance))
    chance.shuffle(cells)
    return DemoSheet(_workbook(cells, chance), _expected(rows, faults, good))


def _shares(in_5000: dict[str, int], rows: int) -> dict[str, int]:
    return {name: max(1, count * rows // 5_000) for name, count in in_5000.items()}


def _good_numbers(count: int, endings: dict[str, int], chance: random.Random) -> Iterator[str]:
    """International numbers, digits only, no two alike; the special endings first."""
    special = [ending for ending, share in endings.items() for _ in range(share)]
    bodies = chance.sample(range(100_000), count)
    codes, weights = list(_WEIGHTS), list(_WEIGHTS.values())
    for place, body in enumerate(bodies):
        code = chance.choices(codes, weights)[0]
        ending = special[place] if place < len(special) else f"{chance.randrange(90):02}"
        yield f"{_RANGES[code]}{body:05}{ending}"


def _faulty(fault: str, count: int, ordinary: list[str], chance: random.Random) -> Iterator[str]:
    """Cells that are rejected for this very reason."""
    match fault:
        case "duplicate":  # written in another way, and still the same number
            for number in chance.sample(ordinary, count):
                yield f"00{number[:2]} {number[2:5]} {number[5:8]} {number[8:]}"
        case "landline":
            yield from (f"+6129{body:07}" for body in chance.sample(range(3_000_000, 3_999_999), count))
        case "too_short":
            yield from (f"+6141{body:03}" for body in chance.sample(range(1_000), count))
        case "local_format":
            yield from (f"0412 {body // 1000:03} {body % 1000:03}" for body in _bodies(count, chance))
        case "blocked_country":
            yield from (f"+86138{body:08}" for body in chance.sample(range(100_000_000), count))
        case _:
            raise ValueError(fault)


def _bodies(count: int, chance: random.Random) -> list[int]:
    return chance.sample(range(1_000_000), count)


def _workbook(cells: list[str], chance: random.Random) -> bytes:
    book = Workbook(write_only=True)
    page = book.create_sheet("Recipients")
    page.append(HEADINGS)
    for cell in cells:
        page.append((cell, chance.choice(FIRST_NAMES)))
    stored = io.BytesIO()
    book.save(stored)
    return stored.getvalue()


def _expected(rows: int, faults: dict[str, int], good: list[str]) -> Expected:
    """What the demo route's rules make of it: charged when accepted, a failed receipt is refunded."""
    endings = Counter(number[-2:] for number in good)
    money: Counter[str] = Counter()
    for number in good:
        money[number[-2:]] += PRICES[number[:2]]
    held = sum(money.values())
    released = sum(money[ending] for ending in _REFUSED)
    failed = sum(endings[ending] for ending in (*_REFUSED, _FAILED_LATER))
    return Expected(
        rows=rows,
        rejected=faults,
        accepted=len(good),
        delivered=len(good) - failed - endings[_SILENT] - endings[_IN_DOUBT],
        no_receipt=endings[_SILENT],
        failed=failed,
        in_doubt=endings[_IN_DOUBT],
        held=held,
        charged=held - released - money[_IN_DOUBT],
        released=released,
        refunded=money[_FAILED_LATER],
    )
