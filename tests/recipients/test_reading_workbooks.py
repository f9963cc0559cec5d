"""xlsx and xls: typed cells, hidden rows and columns, the first visible sheet, and what is no honest workbook."""

from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlwt
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from app.recipients.errors import FileRefused
from app.recipients.sheet import Sheet
from tests.recipients.sheet_files import (
    DOC_NS,
    MAIN_NS,
    RELS_NS,
    cells_of,
    cells_xml,
    csv_bytes,
    mobile,
    sheet_of,
    workbook_parts,
    xls_bytes,
    xlsx_bytes,
    zipped,
)

HONEST = [["phone", "name"], [int(mobile(1)), "Zoë"], [mobile(2), "Ben"], ["+" + mobile(3), None]]
EXPECTED = [(mobile(1), "Zoë"), (mobile(2), "Ben"), ("+" + mobile(3),)]


def xlsx_sheet(tmp_path: Path, book: Workbook) -> Sheet:
    return sheet_of(tmp_path, xlsx_bytes([], book))


def refusal(tmp_path: Path, data: bytes) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        sheet_of(tmp_path, data)
    return refused.value


def active(book: Workbook) -> Any:
    return book.active


def test_an_xlsx_gives_numbers_and_texts_as_they_were_typed(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, xlsx_bytes(HONEST))
    assert (sheet.kind, cells_of(sheet), sheet.notes) == ("xlsx", EXPECTED, ())


def test_an_xls_gives_the_same(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, xls_bytes([[cell or "" for cell in row] for row in HONEST]))
    assert (sheet.kind, cells_of(sheet), sheet.notes) == ("xls", EXPECTED, ())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (61412345678.0, "61412345678"),
        (12.5, "12.5"),
        (0.1 + 0.2, "0.3"),
        (True, "TRUE"),
        (False, "FALSE"),
        (0, "0"),
        (-3, "-3"),
        (6.14123456789012e18, "6.14123456789012E+18"),
        ("  spaced  ", "spaced"),
    ],
)
def test_typed_cells_read_as_the_spreadsheet_shows_them(tmp_path: Path, value: Any, text: str) -> None:
    rows = [["phone", "x"], [mobile(1), value]]
    assert cells_of(sheet_of(tmp_path, xlsx_bytes(rows))) == [(mobile(1), text)]
    assert cells_of(sheet_of(tmp_path, xls_bytes(rows))) == [(mobile(1), text)]


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime.fromisoformat("2026-11-21"), "2026-11-21"),
        (datetime.fromisoformat("2026-11-21 14:30"), "2026-11-21 14:30"),
        (datetime.fromisoformat("2026-11-21 14:30:05"), "2026-11-21 14:30:05"),
        (time(9, 15), "09:15"),
        (datetime.fromisoformat("1900-02-01"), "1900-02-01"),
    ],
)
def test_dates_read_as_iso_and_are_marked(tmp_path: Path, moment: Any, text: str) -> None:
    sheet = sheet_of(tmp_path, xlsx_bytes([["phone", "x"], [mobile(1), moment]]))
    assert (sheet.rows[0].cells, sheet.rows[0].marks) == ((mobile(1), text), {1: "date"})


def test_dates_in_an_xls_are_marked_too(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("x")
    sheet.write(0, 0, "phone")
    sheet.write(1, 0, datetime.fromisoformat("2026-11-21"), xlwt.easyxf(num_format_str="dd/mm/yyyy"))
    row = sheet_of(tmp_path, xls_bytes([], book)).rows[0]
    assert (row.cells, row.marks) == (("2026-11-21",), {0: "date"})


def test_number_formats_that_are_no_dates_leave_numbers_alone(tmp_path: Path) -> None:
    book = Workbook()
    active(book).append(["phone"])
    for form in ["0", '"+"0', "#,##0", "[Red]0", '0" days"', "0.00E+00", "@"]:
        active(book).append([int(mobile(1))])
        active(book).cell(active(book).max_row, 1).number_format = form
    sheet = xlsx_sheet(tmp_path, book)
    assert {row.cells for row in sheet.rows} == {(mobile(1),)}
    assert not any(row.marks for row in sheet.rows)


def test_the_1904_calendar_is_respected(tmp_path: Path) -> None:
    book = Workbook()
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book.epoch = CALENDAR_MAC_1904
    active(book).append(["phone"])
    active(book).append([datetime.fromisoformat("2026-11-21")])
    assert cells_of(xlsx_sheet(tmp_path, book)) == [("2026-11-21",)]


def test_hidden_rows_and_columns_are_skipped_and_counted(tmp_path: Path) -> None:
    book = Workbook()
    for row in [["secret", "phone", "name"], *([i, mobile(i), "x"] for i in range(1, 5))]:
        active(book).append(row)
    active(book).row_dimensions[3].hidden = True
    active(book).column_dimensions["A"].hidden = True
    sheet = xlsx_sheet(tmp_path, book)
    assert [(row.number, row.cell(0), row.cell(1)) for row in sheet.rows] == [
        (2, "", mobile(1)),
        (4, "", mobile(3)),
        (5, "", mobile(4)),
    ]
    assert sheet.notes == ("Skipped: 1 hidden row and 1 hidden column.",)


def test_hidden_rows_and_columns_of_an_xls_are_skipped(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("x")
    for number, row in enumerate([["secret", "phone"], *(["s", mobile(i)] for i in range(3))]):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    sheet.row(2).hidden = True
    sheet.col(0).hidden = True
    read = sheet_of(tmp_path, xls_bytes([], book))
    assert [(row.number, row.cells) for row in read.rows] == [(2, ("", mobile(0))), (4, ("", mobile(2)))]
    assert read.notes == ("Skipped: 1 hidden row and 1 hidden column.",)


def test_the_first_visible_sheet_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    book = Workbook()
    active(book).title = "Old"
    active(book).sheet_state = "hidden"
    for name, number in [("Now", mobile(1)), ("Later", mobile(2))]:
        sheet = book.create_sheet(name)
        sheet.append(["phone"])
        sheet.append([number])
    book.active = 1
    read = xlsx_sheet(tmp_path, book)
    assert cells_of(read) == [(mobile(1),)]
    assert read.notes == ("The first visible sheet, “Now”, was read; not read: “Later”.",)


def test_the_first_visible_sheet_of_an_xls_is_read(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    for name, number, hidden in [("Old", mobile(9), 1), ("Now", mobile(1), 0)]:
        sheet = book.add_sheet(name)
        sheet.visibility = hidden
        sheet.write(0, 0, "phone")
        sheet.write(1, 0, number)
    book.set_active_sheet(1)
    assert cells_of(sheet_of(tmp_path, xls_bytes([], book))) == [(mobile(1),)]


def test_rich_text_is_joined_and_phonetic_guides_are_left_out(tmp_path: Path) -> None:
    book = Workbook()
    active(book).append(["phone"])
    active(book)["A2"] = CellRichText("+614", TextBlock(InlineFont(b=True), "12345678"))
    assert cells_of(xlsx_sheet(tmp_path, book)) == [("+61412345678",)]
    guided = '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row>'
    strings = f'<sst xmlns="{MAIN_NS}"><si><t>phone</t></si><si><t>東</t><rPh sb="0" eb="1"><t>ヒ</t></rPh></si></sst>'
    parts = workbook_parts(guided, **{"xl/sharedStrings.xml": strings})
    assert cells_of(sheet_of(tmp_path, zipped(parts))) == [("東",)]


def test_a_formula_gives_its_saved_result_and_is_marked_without_one(tmp_path: Path) -> None:
    data = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>phone</t></is></c></row>'
        f'<row r="2"><c r="A2" t="str"><f>"6"&amp;"1"</f><v>{mobile(1)}</v></c></row>'
        '<row r="3"><c r="A3"><f>B3&amp;C3</f></c></row>'
        '<row r="4"><c r="A4" t="e"><v>#N/A</v></c></row>'
    )
    sheet = sheet_of(tmp_path, zipped(workbook_parts(data)))
    assert cells_of(sheet) == [(mobile(1),), ("=B3&C3",), ("#N/A",)]
    assert [dict(row.marks) for row in sheet.rows] == [{}, {0: "formula"}, {0: "error"}]


def test_cells_and_rows_without_references_are_counted_from_the_left_and_the_top(tmp_path: Path) -> None:
    data = (
        "<row><c t='inlineStr'><is><t>phone</t></is></c><c t='inlineStr'><is><t>n</t></is></c></row>"
        f"<row><c><v>{mobile(1)}</v></c><c><v>7</v></c></row>"
    )
    sheet = sheet_of(tmp_path, zipped(workbook_parts(data)))
    assert [(row.number, row.cells) for row in sheet.rows] == [(2, (mobile(1), "7"))]


def test_prefixed_strict_namespaces_are_read(tmp_path: Path) -> None:
    parts = {
        name: content.replace("<worksheet xmlns=", "<x:worksheet xmlns:x=")
        .replace("</worksheet", "</x:worksheet")
        .replace(MAIN_NS, "http://purl.oclc.org/ooxml/spreadsheetml/main")
        .replace(f"{DOC_NS}/", "http://purl.oclc.org/ooxml/officeDocument/relationships/")
        for name, content in workbook_parts(cells_xml([["phone"], [mobile(1)]])).items()
        if isinstance(content, str)
    }
    assert cells_of(sheet_of(tmp_path, zipped(parts))) == [(mobile(1),)]


def test_empty_formatted_cells_are_no_rows_and_reach_nowhere(tmp_path: Path) -> None:
    data = cells_xml([["phone"], [mobile(1)]]) + '<row r="1048576"><c r="XFD1048576" s="1"/></row>'
    assert cells_of(sheet_of(tmp_path, zipped(workbook_parts(data)))) == [(mobile(1),)]


def test_a_value_in_the_last_column_is_refused_with_its_name(tmp_path: Path) -> None:
    data = cells_xml([["phone"], [mobile(1)]]) + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    refused = refusal(tmp_path, zipped(workbook_parts(data)))
    assert (refused.code, "XFD" in refused.message) == ("too_many_columns", True)


def test_escaped_characters_are_read_and_unstorable_ones_dropped(tmp_path: Path) -> None:
    data = cells_xml([["phone", "x"], [mobile(1), "a_x000A_b_x0000_c_xD800_d_x005F_x0041_"]])
    assert cells_of(sheet_of(tmp_path, zipped(workbook_parts(data)))) == [(mobile(1), "a\nbcd_x0041_")]


@pytest.mark.parametrize("writer", [xlsx_bytes, xls_bytes, csv_bytes])
def test_over_the_cap_every_type_is_refused_whole_with_the_count(tmp_path: Path, writer: Any) -> None:
    refused = refusal(tmp_path, writer([["phone"], *([mobile(i)] for i in range(5_001))]))
    assert (refused.code, "5,001" in refused.message) == ("too_many_rows", True)


@pytest.mark.parametrize("writer", [xlsx_bytes, xls_bytes])
def test_a_heading_alone_is_refused(tmp_path: Path, writer: Any) -> None:
    assert refusal(tmp_path, writer([["phone", "name"]])).code == "no_rows"


def test_a_workbook_with_macros_is_refused(tmp_path: Path) -> None:
    parts = workbook_parts(cells_xml([["phone"], [mobile(1)]]))
    assert refusal(tmp_path, zipped({**parts, "xl/vbaProject.bin": b"\x00"})).code == "macros"
    types = '<Types><Override ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>'
    assert refusal(tmp_path, zipped({**parts, "[Content_Types].xml": types})).code == "macros"


def test_external_targets_are_never_followed(tmp_path: Path) -> None:
    rels = (
        f'<Relationships xmlns="{RELS_NS}"><Relationship Id="s1" Type="{DOC_NS}/worksheet" '
        'Target="file:///etc/passwd" TargetMode="External"/></Relationships>'
    )
    parts = workbook_parts(cells_xml([["phone"], [mobile(1)]]), **{"xl/_rels/workbook.xml.rels": rels})
    assert refusal(tmp_path, zipped(parts)).code == "no_rows"
