"""What every reader hands on: rows of text that keep the sheet's own row numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Kind = Literal["csv", "txt", "xlsx", "xls"]
Mark = Literal["date", "error", "boolean", "formula"]

NO_MARKS: Mapping[int, Mark] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Row:
    """A row with any content.

    ``number`` is the row number that the spreadsheet program shows (1-based, hidden and blank rows counted).
    ``cells`` are trimmed texts from column A on, without trailing empty ones. ``marks`` says, by the cell's
    index, what a cell was where its text does not tell (a date cell reads ``2026-11-21``).
    """

    number: int
    cells: tuple[str, ...]
    marks: Mapping[int, Mark] = field(default_factory=lambda: NO_MARKS)

    def cell(self, index: int) -> str:
        """The text at a column, empty where the row is shorter."""
        return self.cells[index] if index < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as read: the heading apart, blank and hidden rows left out.

    ``notes`` are sentences for the person who uploaded: what was assumed or skipped.
    ``hidden_columns`` are the indexes of columns that the sheet hides; their cells are empty in every row.
    """

    kind: Kind
    heading: Row | None
    rows: list[Row]
    notes: tuple[str, ...] = ()
    hidden_columns: frozenset[int] = frozenset()


def column_letters(index: int) -> str:
    """The name of a column as spreadsheet programs show it: 0 is A, 25 is Z, 26 is AA."""
    letters = ""
    number = index + 1
    while number > 0:
        number, remainder = divmod(number - 1, 26)
        letters = chr(ord("A") + remainder) + letters
    return letters
