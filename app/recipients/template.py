"""The template that a client downloads: the heading and example rows, in each type that is taken.

The numbers are from ranges that regulators keep for fiction (ACMA: 0491 570 006 and others), so
that a template sent by mistake reaches nobody.
"""

import csv
import io
from typing import Final

HEADING: Final = ("phone", "first name")
EXAMPLES: Final = (("+61491570006", "Ann"), ("+61491570156", "Ben"), ("+61491570110", "Chloe"))
_TEXT_FORMAT: Final = "@"


def template_csv() -> bytes:
    """UTF-8 with a byte-order mark, without which Excel would read accents as Windows-1252."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADING, *EXAMPLES])
    return text.getvalue().encode("utf-8-sig")


def template_txt() -> bytes:
    """One number a line below the heading."""
    lines = [HEADING[0], *(number for number, _ in EXAMPLES)]
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def template_xlsx() -> bytes:
    """With the number column formatted as text all the way down, so that Excel keeps the digits typed in."""
    # Imported here: openpyxl takes a quarter of a second to load, and only this page needs it.
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active if book.active is not None else book.create_sheet()
    sheet.title = "Recipients"
    for row in (HEADING, *EXAMPLES):
        sheet.append(row)
    column = sheet.column_dimensions["A"]
    column.number_format = _TEXT_FORMAT
    column.width = 20
    for cell in sheet["A"]:
        cell.number_format = _TEXT_FORMAT
    stored = io.BytesIO()
    book.save(stored)
    return stored.getvalue()
