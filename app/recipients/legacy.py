"""xls: the workbooks of Excel 97 to 2003 (BIFF8 in an OLE2 container), through ``xlrd``."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xlrd

from app.language import gettext
from app.recipients.cells import date_text, float_text, storable
from app.recipients.errors import FileRefused
from app.recipients.gathering import RowGatherer
from app.recipients.limits import FileLimits
from app.recipients.sheet import NO_MARKS, Mark, Row, Sheet
from app.recipients.workbook import hidden_note, other_sheets_note

# Names of streams in the container's directory are UTF-16; they tell what it is without parsing it.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_BOOK = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))
_WORD = "WordDocument".encode("utf-16-le")


def read_legacy(data: bytes, limits: FileLimits, progress: Callable[[int], None] | None = None) -> Sheet:
    """The first visible sheet of an xls, without its hidden rows and columns. Raises ``FileRefused``."""
    _refuse_by_streams(data)
    gatherer = RowGatherer(limits, progress)
    with Path(os.devnull).open("w", encoding="utf-8") as quiet:
        book = _open(data, quiet)
        visible = [index for index in range(book.nsheets) if _visibility(book, index) == 0]
        if not visible:
            raise FileRefused(
                "no_rows", gettext("The workbook has no visible sheet. Show the sheet with the numbers.")
            )
        names = book.sheet_names()
        try:
            sheet = book.sheet_by_index(visible[0])
            hidden_rows, hidden_columns = _read_rows(sheet, book.datemode == 1, gatherer)
        except (FileRefused, MemoryError):
            raise
        except Exception as error:  # xlrd meets broken files with whatever its arithmetic raises
            raise _damaged() from error
    notes = (
        *other_sheets_note(names[visible[0]][:31], [names[index][:31] for index in visible[1:]]),
        *hidden_note(hidden_rows, len(hidden_columns)),
    )
    return gatherer.sheet("xls", notes, frozenset(hidden_columns))


def _refuse_by_streams(data: bytes) -> None:
    if _ENCRYPTED in data:
        raise _encrypted()
    if _MACROS in data:
        raise FileRefused(
            "macros",
            gettext(
                "The workbook carries macros, which are not taken. Save it as .xlsx (without macros) or .csv."
            ),
        )
    if _WORD in data or not any(name in data for name in _BOOK):
        if _WORD in data:
            raise FileRefused(
                "unknown_type",
                gettext("This is a Word document. Put the numbers into a sheet, save as .xlsx."),
            )
        raise _damaged()


def _open(data: bytes, quiet: Any) -> Any:
    try:
        return xlrd.open_workbook(
            file_contents=data, logfile=quiet, on_demand=True, formatting_info=True, ragged_rows=True
        )
    except MemoryError:
        raise
    except xlrd.XLRDError as error:
        if "encrypted" in str(error).lower():
            raise _encrypted() from error
        raise _damaged() from error
    except Exception as error:  # as above: there is no one class for a broken file
        raise _damaged() from error


def _visibility(book: Any, index: int) -> int:
    """0 for a visible worksheet; xlrd keeps it apart from the sheets, which are not loaded yet."""
    return int(book._sheet_visibility[index])


def _read_rows(sheet: Any, from_1904: bool, gatherer: RowGatherer) -> tuple[int, set[int]]:
    """Gives the visible rows to the gatherer; the count of hidden rows and the hidden columns."""
    hidden_columns = {index for index, info in sheet.colinfo_map.items() if info.hidden}
    hidden_rows = 0
    for index in range(sheet.nrows):
        row = _row(index + 1, sheet.row_types(index), sheet.row_values(index), hidden_columns, from_1904)
        if row is None:
            continue
        info = sheet.rowinfo_map.get(index)
        if info is not None and info.hidden:
            hidden_rows += 1
        else:
            gatherer.add(row)
    used = {index for index in hidden_columns if index < sheet.ncols}
    return hidden_rows, used


def _row(number: int, types: Any, values: Any, hidden: set[int], from_1904: bool) -> Row | None:
    cells: list[str] = []
    marks: dict[int, Mark] = {}
    for column, (kind, value) in enumerate(zip(types, values, strict=True)):
        if column in hidden:
            cells.append("")
            continue
        text, mark = _cell(kind, value, from_1904)
        cells.append(text)
        if mark is not None:
            marks[column] = mark
    while cells and not cells[-1]:
        cells.pop()
    return Row(number, tuple(cells), marks or NO_MARKS) if cells else None


def _cell(kind: int, value: Any, from_1904: bool) -> tuple[str, Mark | None]:
    if kind == xlrd.XL_CELL_TEXT:
        return storable(str(value)).strip(), None
    if kind == xlrd.XL_CELL_NUMBER:
        return float_text(value), None
    if kind == xlrd.XL_CELL_DATE:
        return date_text(value, from_1904=from_1904), "date"
    if kind == xlrd.XL_CELL_BOOLEAN:
        return ("TRUE" if value else "FALSE"), "boolean"
    if kind == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(value, "#ERROR")), "error"
    return "", None


def _encrypted() -> FileRefused:
    return FileRefused(
        "encrypted",
        gettext("The file is protected by a password. Save a copy without the password, and upload that."),
    )


def _damaged() -> FileRefused:
    return FileRefused(
        "damaged",
        gettext(
            "The workbook is damaged or was cut short on the way. Open it in a spreadsheet "
            "program, save it as .xlsx, and upload that."
        ),
    )
