"""The xml of one worksheet and of the shared strings → rows. ECMA-376 part 1, 18.3 and 18.4."""

from collections.abc import Callable
from dataclasses import dataclass

from app.language import gettext, thousands
from app.recipients.archive import damaged
from app.recipients.cells import date_text, number_text, unescaped
from app.recipients.errors import FileRefused
from app.recipients.limits import FileLimits
from app.recipients.sheet import NO_MARKS, Mark, Row

_TRUE = ("1", "true")


class SharedStrings:
    """The workbook's table of texts; phonetic guides (``rPh``) are left out."""

    def __init__(self, limits: FileLimits) -> None:
        self.found: list[str] = []
        self._limits = limits
        self._parts: list[str] = []
        self._taking = False
        self._phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "t":
            self._taking = not self._phonetic
        elif name == "si":
            self._parts = []
        elif name == "rPh":
            self._phonetic = True

    def end(self, name: str) -> None:
        if name == "t":
            self._taking = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            self.found.append(unescaped("".join(self._parts)).strip())
            if len(self.found) > self._limits.max_strings:
                raise FileRefused(
                    "too_complex",
                    gettext(
                        "The workbook holds more than %(max_strings)s different texts. Save the sheet with "
                        "the numbers alone as .csv.",
                        max_strings=thousands(self._limits.max_strings),
                    ),
                )

    def text(self, data: str) -> None:
        if self._taking:
            self._parts.append(data)


@dataclass(frozen=True, slots=True)
class Context:
    """What a worksheet's cells refer to."""

    strings: list[str]
    date_styles: frozenset[str]
    from_1904: bool
    limits: FileLimits


class WorksheetReader:
    """Hears a worksheet and gives away its visible, non-empty rows in order."""

    def __init__(self, context: Context, give: Callable[[Row], None]) -> None:
        self.hidden_columns: set[int] = set()
        self.skipped_columns: set[int] = set()
        """The hidden columns that hold anything."""
        self.hidden_rows = 0
        self._context = context
        self._give = give
        self._row = 0
        self._row_hidden = False
        self._column = -1
        self._type = ""
        self._style = ""
        self._values: dict[int, str] = {}
        self._marks: dict[int, Mark] = {}
        self._parts: list[str] = []
        self._formula: list[str] | None = None
        self._taking: list[str] | None = None
        self._phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            reference = attributes.get("r")
            self._column = column_of(reference) if reference else self._column + 1
            self._type = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._parts = []
            self._formula = None
        elif name == "v" or (name == "t" and not self._phonetic):
            self._taking = self._parts
        elif name == "f":
            self._formula = self._taking = []
        elif name == "row":
            self._start_row(attributes)
        elif name == "rPh":
            self._phonetic = True
        elif name == "col":
            self._hide_columns(attributes)

    def end(self, name: str) -> None:
        if name in ("v", "t", "f"):
            self._taking = None
        elif name == "c":
            if self._parts or self._formula is not None:
                self._end_cell("".join(self._parts))
        elif name == "row":
            self._end_row()
        elif name == "rPh":
            self._phonetic = False

    def text(self, data: str) -> None:
        if self._taking is not None:
            self._taking.append(data)

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r", "")
        self._row = int(number) if number.isascii() and number.isdigit() else self._row + 1
        self._row_hidden = attributes.get("hidden") in _TRUE
        self._column = -1
        self._values = {}
        self._marks = {}

    def _hide_columns(self, attributes: dict[str, str]) -> None:
        if attributes.get("hidden") not in _TRUE:
            return
        first, last = int(attributes.get("min", "1")), int(attributes.get("max", "1"))
        # "Hide everything to the right" reaches to XFD; what lies past the limit is refused by its value.
        self.hidden_columns.update(range(first - 1, min(last, self._context.limits.max_columns)))

    def _end_cell(self, written: str) -> None:
        kind = self._type
        column = self._column
        if kind == "s":
            try:
                text = self._context.strings[int(written)] if written else ""
            except (IndexError, ValueError) as error:
                raise damaged() from error
        elif kind == "n":
            text = self._number(written.strip())
        elif kind == "b":
            text = "TRUE" if written.strip() in _TRUE else "FALSE"
            self._marks[column] = "boolean"
        elif kind == "e":
            text = written.strip()
            self._marks[column] = "error"
        elif kind == "d":
            text = written.strip()
            self._marks[column] = "date"
        else:
            text = unescaped(written).strip()
        if not text and self._formula:
            text = "=" + "".join(self._formula)[:200]
            self._marks[column] = "formula"
        if not text:
            return
        if column in self.hidden_columns:
            self.skipped_columns.add(column)
        else:
            self._values[column] = text

    def _number(self, written: str) -> str:
        if written and self._style in self._context.date_styles:
            try:
                serial = float(written)
            except ValueError:
                return written
            self._marks[self._column] = "date"
            return date_text(serial, from_1904=self._context.from_1904)
        return number_text(written)

    def _end_row(self) -> None:
        values = self._values
        if not values:
            return
        if self._row_hidden:
            self.hidden_rows += 1
            return
        width = max(values) + 1
        if width > self._context.limits.max_columns:
            # The cells up to there are never built: one value in XFD would cost 16,384 of them a row.
            cells: tuple[str, ...] = ("",) * width
        elif len(values) == width:
            cells = tuple(values[index] for index in range(width))
        else:
            cells = tuple(values.get(index, "") for index in range(width))
        marks = self._marks
        self._give(Row(self._row, cells, {**marks} if marks else NO_MARKS))


def column_of(reference: str) -> int:
    """The index of the column in a cell's reference: A1 is 0, AA7 is 26, XFD1048576 is 16,383.

    Raises ``FileRefused`` for a reference that is none.
    """
    index = 0
    letters = 0
    for character in reference:
        if not "A" <= character <= "Z":
            break
        index = index * 26 + ord(character) - 64
        letters += 1
    if not 1 <= letters <= 3 or not reference[letters:].isdigit():
        raise damaged()
    return index - 1
