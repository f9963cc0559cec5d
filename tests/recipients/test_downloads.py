"""What a client downloads: the templates, which read back, and exports that run no formulas."""

import csv
import io
from pathlib import Path

import openpyxl
import pytest

from app.recipients.export import rejections_csv, safe_cell, safe_csv
from app.recipients.intake import Rejection
from app.recipients.numbers import read_number
from app.recipients.template import EXAMPLES, template_csv, template_txt, template_xlsx
from tests.recipients.sheet_files import RULES, intake_of


@pytest.mark.parametrize(
    ("template", "kind"), [(template_csv, "csv"), (template_xlsx, "xlsx"), (template_txt, "txt")]
)
def test_every_template_reads_back_as_valid_recipients(tmp_path: Path, template, kind: str) -> None:
    intake = intake_of(tmp_path, template())
    assert (intake.kind, intake.rejections, intake.notes) == (kind, [], ())
    assert [r.e164 for r in intake.recipients] == [number for number, _ in EXAMPLES]


def test_the_xlsx_template_keeps_the_number_column_as_text() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(template_xlsx())).active
    assert sheet["A2"].number_format == "@"
    assert sheet.column_dimensions["A"].number_format == "@"


@pytest.mark.parametrize(
    "start",
    ["=", "+", "-", "@", "\t", "\r", "  =", "\n=", "\u00a0@", "\u200b=", "\ufeff+", "\uff1d", "\uff20"],
)
def test_cells_that_a_spreadsheet_would_run_are_escaped(start: str) -> None:
    assert safe_cell(start + "cmd|' /C calc'!A0") == "'" + start + "cmd|' /C calc'!A0"
    lines = list(csv.reader(io.StringIO(safe_csv([[start + "1"]]).decode("utf-8-sig"), newline="")))
    assert lines == [["'" + start + "1"]]


def test_other_cells_are_left_alone() -> None:
    assert [safe_cell(text) for text in ("", "61412345678", "a=b", "Zoë")] == [
        "",
        "61412345678",
        "a=b",
        "Zoë",
    ]


def test_an_escaped_number_can_be_uploaded_again() -> None:
    assert read_number(safe_cell("+61412345678"), RULES).e164 == "+61412345678"


def test_the_export_of_rejections_has_row_value_reason_and_advice() -> None:
    exported = rejections_csv([Rejection(7, "=1+1", "not_a_number", "Write digits.")]).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(exported, newline=""))) == [
        ["row", "written", "reason", "what to do"],
        ["7", "'=1+1", "not_a_number", "Write digits."],
    ]
