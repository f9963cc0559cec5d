"""Rows → a csv or an xlsx file on disk, in as much memory for a million of them as for ten.

Text that a spreadsheet would run as a formula begins with an apostrophe (OWASP, "CSV injection"): what starts with
`=`, `+`, `-`, `@`, tab or CR. So does a phone number in a csv, since a spreadsheet would drop its plus and may
shorten it; an xlsx holds numbers as the text that they are, where nothing is run.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from zoneinfo import ZoneInfo

from app.pricing import MILLICREDITS
from app.recipients.export import safe_cell

if TYPE_CHECKING:
    from openpyxl import Workbook

# A sheet of xlsx ends at row 1,048,576 (ECMA-376, and every program that reads it); what follows goes onto the next.
XLSX_ROWS: Final = 1_048_576
_LONGEST_CELL: Final = 32_000  # a cell of xlsx takes 32,767 characters
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # tab and line feed stay


class Kind(StrEnum):
    """What a column holds: a name or a text, an E.164 number, millicredits, a whole number, a moment in UTC."""

    TEXT = "text"
    NUMBER = "number"
    AMOUNT = "amount"
    COUNT = "count"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading, which programs may rely on, and what it holds."""

    heading: str
    kind: Kind = Kind.TEXT


class Sheet(Protocol):
    """Takes rows of values in the order of its columns; None leaves a cell empty."""

    def write(self, rows: Iterable[Sequence[Any]]) -> None: ...


@contextmanager
def csv_sheet(path: Path, columns: Sequence[Column], zone: ZoneInfo) -> Iterator[Sheet]:
    """A csv file in UTF-8 with a byte-order mark, for Excel. Amounts are credits, moments those of the zone."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        yield _CsvSheet(csv.writer(file), columns, zone)


@contextmanager
def xlsx_sheet(path: Path, columns: Sequence[Column], zone: ZoneInfo, title: str) -> Iterator[Sheet]:
    """An xlsx file, stored when the block ends well; of several sheets where one is full."""
    # Imported here: openpyxl takes a quarter of a second to load, and only this needs it.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    try:
        yield _XlsxSheet(book, columns, zone, title)
        book.save(path)
    except BaseException:
        _forget(book)
        raise


def heading(columns: Sequence[Column], zone: ZoneInfo) -> list[str]:
    """The first row; columns of moments say whose time it is."""
    return [
        f"{column.heading} ({zone.key})" if column.kind is Kind.MOMENT else column.heading
        for column in columns
    ]


def safe_text(text: str) -> str:
    """The text without what cannot be seen, and never a formula."""
    plain = text if text.isprintable() else _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return safe_cell(plain)


class _CsvSheet:
    def __init__(self, writer: Any, columns: Sequence[Column], zone: ZoneInfo) -> None:
        self._writer = writer
        self._cells = _cells(columns, zone, number=safe_cell)
        writer.writerow(heading(columns, zone))

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        cells = self._cells
        self._writer.writerows(
            [None if value is None else cell(value) for cell, value in zip(cells, row, strict=True)]
            for row in rows
        )


class _XlsxSheet:
    def __init__(self, book: Workbook, columns: Sequence[Column], zone: ZoneInfo, title: str) -> None:
        self._book = book
        self._title = title
        self._columns = columns
        self._zone = zone
        self._cells = _cells(columns, zone, number=str)
        self._left = 0
        self._open()

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        cells = self._cells
        for row in rows:
            if self._left == 0:
                self._open()
            self._sheet.append(
                [None if value is None else cell(value) for cell, value in zip(cells, row, strict=True)]
            )
            self._left -= 1

    def _open(self) -> None:
        """The next sheet, with a heading of its own that stays in sight."""
        made = len(self._book.sheetnames)
        self._sheet = self._book.create_sheet(self._title if not made else f"{self._title} {made + 1}")
        self._sheet.freeze_panes = "A2"
        for number, column in enumerate(self._columns):
            letter = chr(ord("A") + number)
            self._sheet.column_dimensions[letter].width = 24 if column.kind is Kind.MOMENT else 16
        self._sheet.append(heading(self._columns, self._zone))
        self._left = XLSX_ROWS - 1


def _forget(book: Workbook) -> None:
    """Remove what openpyxl has written aside: it would as the process ends well, and a job's process ends at once."""
    for sheet in book.worksheets:
        writer = getattr(sheet, "_writer", None)
        if writer is None:
            continue
        if not sheet.closed:
            sheet.close()
        if Path(writer.out).exists():
            writer.cleanup()


def _cells(
    columns: Sequence[Column], zone: ZoneInfo, number: Callable[[str], str]
) -> list[Callable[[Any], Any]]:
    """What makes a cell of each column's values."""

    def moment(value: datetime) -> str:
        return value.astimezone(zone).isoformat(" ", "seconds")

    makes: dict[Kind, Callable[[Any], Any]] = {
        Kind.TEXT: lambda value: safe_text(value[:_LONGEST_CELL]),
        Kind.NUMBER: number,
        Kind.AMOUNT: _credits,
        Kind.COUNT: int,
        Kind.MOMENT: moment,
    }
    return [makes[column.kind] for column in columns]


def _credits(millicredits: int) -> Decimal:
    return Decimal(millicredits) / MILLICREDITS
