"""The statement as csv and xlsx. Amounts stand in columns for in and out, so that no number begins with a minus and a
spreadsheet can add them up; text that it would run as a formula is escaped (`app.recipients.export.safe_cell`).
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from app.pricing import MILLICREDITS
from app.recipients.export import safe_cell
from app.topups.statement import Line

MOST_LINES: Final = 50_000
_AMOUNTS: Final = ("available in", "available out", "held in", "held out", "available after", "held after")
_LONGEST_CELL: Final = 32_000  # a cell of xlsx takes 32,767 characters


def statement_csv(lines: Iterable[Line], zone: ZoneInfo) -> bytes:
    """UTF-8 with a byte-order mark, for Excel."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_heading(zone))
    for line in lines:
        numbers = ["" if amount is None else f"{amount:f}" for amount in _amounts(line)]
        writer.writerow([*_words(line, zone), *numbers])
    return text.getvalue().encode("utf-8-sig")


def statement_xlsx(lines: Iterable[Line], zone: ZoneInfo) -> bytes:
    """One sheet; amounts are numbers, everything else is text and never a formula."""
    # Imported here: openpyxl takes a quarter of a second to load, and only this needs it.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Statement")
    sheet.column_dimensions["A"].width = 24
    sheet.column_dimensions["C"].width = 40
    sheet.freeze_panes = "A2"
    sheet.append(_heading(zone))
    for line in lines:
        sheet.append([*_words(line, zone), *_amounts(line)])
    stored = io.BytesIO()
    book.save(stored)
    return stored.getvalue()


def _heading(zone: ZoneInfo) -> list[str]:
    return [f"time ({zone.key})", "entry", "for", *_AMOUNTS]


def _words(line: Line, zone: ZoneInfo) -> list[str]:
    moment = line.entry.created_at.astimezone(zone)
    return [f"{moment:%Y-%m-%d %H:%M:%S%z}", _cell(line.what), _cell(line.subject)]


def _amounts(line: Line) -> Sequence[Decimal | None]:
    """In credits. What did not move is left empty."""
    entry = line.entry
    moved = []
    for amount in (entry.available, entry.held):
        moved += [_credits(amount) if amount > 0 else None, _credits(-amount) if amount < 0 else None]
    return [*moved, _credits(entry.available_after), _credits(entry.held_after)]


def _credits(millicredits: int) -> Decimal:
    return Decimal(millicredits) / MILLICREDITS


def _cell(text: str) -> str:
    """Without control characters, which xlsx cannot hold, and safe."""
    plain = "".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in text)
    return safe_cell(plain.strip()[:_LONGEST_CELL])
