"""Honest recipient files of every type, and hand-made workbooks for what no library would write."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import xlwt
from openpyxl import Workbook

from app.recipients.intake import Intake, take_in
from app.recipients.limits import FileLimits
from app.recipients.numbers import NumberRules
from app.recipients.reading import read_sheet
from app.recipients.sheet import Sheet, column_letters

LIMITS = FileLimits()
RULES = NumberRules(blocked_prefixes=frozenset({"86"}))
MAIN_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS_NS = "http://schemas.openxmlformats.org/package/2006/relationships"
DOC_NS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def mobile(index: int) -> str:
    """A valid Australian mobile number without ``+``, another for every index below 10,000,000."""
    return f"614{10_000_000 + index:08d}"


def csv_bytes(
    rows: Iterable[Sequence[str]], delimiter: str = ",", encoding: str = "utf-8", newline: str = "\r\n"
) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=newline).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_bytes(rows: Iterable[Sequence[Any]], book: Workbook | None = None) -> bytes:
    if book is None:
        book = Workbook()
        for row in rows:
            book.active.append(list(row))
    stored = io.BytesIO()
    book.save(stored)
    return stored.getvalue()


def xls_bytes(rows: Iterable[Sequence[Any]], book: xlwt.Workbook | None = None) -> bytes:
    if book is None:
        book = xlwt.Workbook()
        sheet = book.add_sheet("Recipients")
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write(number, column, value)
    stored = io.BytesIO()
    book.save(stored)
    return stored.getvalue()


def cells_xml(rows: Iterable[Sequence[str]]) -> str:
    """Rows of inline strings, as the inside of ``sheetData``."""
    lines = []
    for number, row in enumerate(rows, 1):
        cells = "".join(
            f'<c r="{column_letters(i)}{number}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
            for i, text in enumerate(row)
        )
        lines.append(f'<row r="{number}">{cells}</row>')
    return "".join(lines)


def workbook_parts(data: str, **changed: str | bytes) -> dict[str, str | bytes]:
    """The parts of a smallest workbook around the inside of ``sheetData``."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{RELS_NS}"><Relationship Id="r1" '
        f'Type="{DOC_NS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN_NS}" xmlns:r="{DOC_NS}"><sheets>'
        '<sheet name="One" sheetId="1" r:id="s1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELS_NS}">'
        f'<Relationship Id="s1" Type="{DOC_NS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="s2" Type="{DOC_NS}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="s3" Type="{DOC_NS}/styles" Target="styles.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN_NS}"><sheetData>{data}</sheetData></worksheet>',
    }
    return {**parts, **changed}


def zipped(parts: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stored.getvalue()


def sheet_of(tmp_path: Path, data: bytes, limits: FileLimits = LIMITS, name: str = "") -> Sheet:
    stored = tmp_path / "upload"
    stored.write_bytes(data)
    return read_sheet(stored, limits, name=name)


def intake_of(tmp_path: Path, data: bytes, **options: Any) -> Intake:
    return take_in(sheet_of(tmp_path, data), RULES, LIMITS, **options)


def cells_of(sheet: Sheet) -> list[tuple[str, ...]]:
    return [row.cells for row in sheet.rows]
