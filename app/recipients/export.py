"""Rejected rows → a csv that is safe to open in a spreadsheet program."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final, Protocol


class RejectedRow(Protocol):
    """What the export tells of a row: ``intake.Rejection``, and whatever it is stored as."""

    @property
    def row(self) -> int: ...

    @property
    def written(self) -> str: ...

    @property
    def reason(self) -> str: ...

    @property
    def message(self) -> str: ...


# Also behind what a program may pass over, and in the wide form that those of East Asia read alike.
_FORMULA: Final = re.compile(r"[\s\ufeff\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r]")
HEADING: Final = ("row", "written", "reason", "what to do")


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it as a formula.

    Escaped is what begins with ``=``, ``+``, ``-``, ``@``, tab or CR (OWASP, "CSV injection"), also behind spaces. A
    number such as ``+61412345678`` is escaped too: a spreadsheet would take it for a sum, and drop the ``+``. The
    apostrophe marks text in spreadsheets, and ``numbers.read_number`` takes it off again, so that a corrected
    export can be uploaded as it is.
    """
    return "'" + text if _FORMULA.match(text) else text


def safe_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as csv bytes, every cell safe; UTF-8 with a byte-order mark, for Excel."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def rejections_csv(rejections: Iterable[RejectedRow]) -> bytes:
    """Row, value as written, reason and what to do, a line per rejected row."""
    return safe_csv([HEADING, *([str(r.row), r.written, r.reason, r.message] for r in rejections)])
