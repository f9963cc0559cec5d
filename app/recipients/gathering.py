"""Rows as a reader finds them → a sheet, with the caps that hold for every type of file."""

from collections.abc import Callable

from app.language import gettext, thousands
from app.recipients.errors import FileRefused
from app.recipients.limits import FileLimits
from app.recipients.sheet import Kind, Row, Sheet, column_letters
from app.recipients.writing import looks_like_number

_PROGRESS_EVERY = 500
_COUNTED_TIMES = 20
"""How far over the cap rows are still counted, as a multiple of it; a file of millions is not worth the time."""


class RowGatherer:
    """Takes non-empty rows in order. Over the cap it goes on counting, without keeping, to tell the count."""

    def __init__(self, limits: FileLimits, progress: Callable[[int], None] | None = None) -> None:
        self._limits = limits
        self._progress = progress
        self._rows: list[Row] = []
        self._count = 0
        self._cells = 0
        self._text = 0

    def add(self, row: Row) -> None:
        """Keeps a row. Raises ``FileRefused`` for one that is too wide or holds too long a cell."""
        self._count += 1
        if self._count > _COUNTED_TIMES * self._limits.max_recipients:
            raise over_the_cap(self._count - 1, self._limits, "more than ")
        if len(row.cells) > self._limits.max_columns:
            raise FileRefused(
                "too_many_columns",
                gettext(
                    "Row %(number)s has a value in column %(column_letters)s; columns up to "
                    "%(column_letters2)s are read. Remove what is beyond.",
                    number=thousands(row.number),
                    column_letters=column_letters(len(row.cells) - 1),
                    column_letters2=column_letters(self._limits.max_columns - 1),
                ),
            )
        if max(map(len, row.cells)) > self._limits.max_cell:
            raise _long_cell(row, self._limits)
        if self._count <= self._limits.max_recipients + 1:
            self._keep(row)
        if self._progress is not None and self._count % _PROGRESS_EVERY == 0:
            self._progress(self._count)

    def _keep(self, row: Row) -> None:
        self._rows.append(row)
        self._cells += len(row.cells)
        self._text += sum(map(len, row.cells))
        if self._cells > self._limits.max_cells or self._text > self._limits.max_text:
            raise FileRefused(
                "too_complex",
                gettext(
                    "Up to row %(number)s, the file holds more text than one task can take. Remove the "
                    "columns that the message does not use.",
                    number=thousands(row.number),
                ),
            )

    def sheet(self, kind: Kind, notes: tuple[str, ...] = (), hidden: frozenset[int] = frozenset()) -> Sheet:
        """The sheet. Raises ``FileRefused`` (``no_rows``, ``too_many_rows``)."""
        if not self._rows:
            raise FileRefused(
                "no_rows", gettext("The file is empty. Put a heading in row 1 and the numbers from row 2 on.")
            )
        heading = self._rows[0] if _is_heading(self._rows[0]) else None
        count = self._count - (heading is not None)
        if count == 0:
            raise FileRefused(
                "no_rows",
                gettext(
                    "The file has a heading but no recipients. Numbers start from the second row; add "
                    "them below row 1."
                ),
            )
        if count > self._limits.max_recipients:
            raise over_the_cap(count, self._limits)
        if self._progress is not None:
            self._progress(count)
        return Sheet(kind, heading, self._rows[heading is not None :], notes, hidden)


def _long_cell(row: Row, limits: FileLimits) -> FileRefused:
    index, cell = max(enumerate(row.cells), key=lambda found: len(found[1]))
    return FileRefused(
        "cell_too_long",
        gettext(
            "The cell %(column_letters)s%(number)s has %(cell)s characters; at most %(max_cell)s "
            "are read. Shorten it, or remove the column.",
            column_letters=column_letters(index),
            number=row.number,
            cell=thousands(len(cell)),
            max_cell=thousands(limits.max_cell),
        ),
    )


def _is_heading(first: Row) -> bool:
    """Row 1 always; where row 1 is blank or hidden, the first row below it that holds no number."""
    return first.number == 1 or not any(looks_like_number(cell) for cell in first.cells)


def over_the_cap(count: int, limits: FileLimits, about: str = "") -> FileRefused:
    """The refusal of a file with too many recipients; ``about`` stands before the count."""
    return FileRefused(
        "too_many_rows",
        gettext(
            "The file has %(about)s%(count)s recipients; one task takes at most "
            "%(max_recipients)s. Nothing was taken. Split it into files of up to "
            "%(max_recipients)s rows, each with the heading.",
            about=about,
            count=thousands(count),
            max_recipients=thousands(limits.max_recipients),
        ),
    )
