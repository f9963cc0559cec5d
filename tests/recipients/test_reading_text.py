"""csv and txt: encodings, delimiters, quotes, line endings, and the row numbers that a spreadsheet shows."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.recipients.errors import FileRefused
from tests.recipients.sheet_files import LIMITS, cells_of, csv_bytes, mobile, sheet_of

ROWS = [("phone", "first name"), (mobile(1), "Zoë"), (mobile(2), "Ben"), (mobile(3), "Łucja")]
WESTERN = [("phone", "first name"), (mobile(1), "Zoë"), (mobile(2), "Bén")]


def refusal(tmp_path: Path, data: bytes, limits=LIMITS) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        sheet_of(tmp_path, data, limits)
    return refused.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_unicode_encodings_and_delimiters_read_the_same(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    sheet = sheet_of(tmp_path, csv_bytes(ROWS, delimiter, encoding))
    assert sheet.heading is not None
    assert sheet.heading.cells == ROWS[0]
    assert cells_of(sheet) == ROWS[1:]
    assert (sheet.kind, sheet.notes) == ("csv", ())


def test_windows_1252_is_read_and_said_so(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, csv_bytes(WESTERN, ";", "cp1252"))
    assert cells_of(sheet) == WESTERN[1:]
    assert "Windows-1252" in sheet.notes[0]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_any_line_ending_is_taken_and_the_last_line_needs_none(
    tmp_path: Path, newline: str, last: str
) -> None:
    text = newline.join(["phone,name", f"{mobile(1)},Ann", f"{mobile(2)},Ben"]) + last.replace("\n", newline)
    assert cells_of(sheet_of(tmp_path, text.encode())) == [(mobile(1), "Ann"), (mobile(2), "Ben")]


def test_one_number_a_line_is_a_txt(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, f"phone\n{mobile(1)}\n+{mobile(2)}\n".encode())
    assert (sheet.kind, cells_of(sheet)) == ("txt", [(mobile(1),), ("+" + mobile(2),)])


def test_blank_lines_are_skipped_but_counted_in_row_numbers(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, f"phone,name\n\n{mobile(1)},Ann\n,\n  \n{mobile(2)},Ben\n\n".encode())
    assert [row.number for row in sheet.rows] == [3, 6]


def test_a_quoted_cell_over_two_lines_is_one_row_as_in_a_spreadsheet(tmp_path: Path) -> None:
    text = f'phone,address\n{mobile(1)},"1 High St\nPerth"\n{mobile(2)},x\n'
    sheet = sheet_of(tmp_path, text.encode())
    assert [(row.number, row.cell(1)) for row in sheet.rows] == [(2, "1 High St\nPerth"), (3, "x")]


def test_a_delimiter_inside_quotes_is_text(tmp_path: Path) -> None:
    text = f'phone,name\n{mobile(1)},"Smith, Ann ""Al"""\n'
    assert cells_of(sheet_of(tmp_path, text.encode())) == [(mobile(1), 'Smith, Ann "Al"')]


def test_quotation_marks_that_break_the_rules_are_read_as_people_mean_them(tmp_path: Path) -> None:
    text = f'phone,name\n{mobile(1)},"Al" Smith\n{mobile(2)},5" pipe\n'
    assert cells_of(sheet_of(tmp_path, text.encode())) == [(mobile(1), "Al Smith"), (mobile(2), '5" pipe')]


def test_a_quotation_mark_left_open_is_refused_with_its_row(tmp_path: Path) -> None:
    lines = "".join(f"{mobile(i)},x\n" for i in range(300))
    refused = refusal(tmp_path, f'phone,name\n{mobile(999)},"Ann\n{lines}'.encode())
    assert (refused.code, "row 2 " in refused.message) == ("damaged", True)


def test_excels_sep_line_declares_the_delimiter_and_is_no_row(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, f"sep=;\r\nphone;name\r\n{mobile(1)};a,b,c\r\n".encode())
    assert sheet.heading is not None
    assert (sheet.heading.number, cells_of(sheet)) == (1, [(mobile(1), "a,b,c")])


def test_commas_in_addresses_do_not_make_columns_of_a_semicolon_file(tmp_path: Path) -> None:
    text = "phone;address\n" + "".join(f"{mobile(i)};1 High St, Perth, WA\n" for i in range(5))
    assert cells_of(sheet_of(tmp_path, text.encode()))[0] == (mobile(0), "1 High St, Perth, WA")


def test_trailing_delimiters_make_no_empty_cells(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, f"phone,name,,\n{mobile(1)},Ann,,\n".encode())
    assert (sheet.heading and sheet.heading.cells, cells_of(sheet)) == (
        ("phone", "name"),
        [(mobile(1), "Ann")],
    )


def test_a_blank_first_row_leaves_the_heading_below_it(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, f"\nphone,name\n{mobile(1)},Ann\n".encode())
    assert (sheet.heading and sheet.heading.number, len(sheet.rows)) == (2, 1)


def test_a_blank_first_row_above_numbers_is_the_heading(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, f"\n{mobile(1)}\n{mobile(2)}\n".encode())
    assert (sheet.heading, len(sheet.rows)) == (None, 2)


@pytest.mark.parametrize("data", [b"", b"\n\n\r\n", b"  \n,,\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    assert refusal(tmp_path, data).code == "no_rows"


def test_a_heading_alone_is_refused(tmp_path: Path) -> None:
    refused = refusal(tmp_path, b"phone,name\n")
    assert (refused.code, "second row" in refused.message) == ("no_rows", True)


def test_five_thousand_recipients_are_taken_and_one_more_refuses_the_file_with_the_count(
    tmp_path: Path,
) -> None:
    lines = ["phone", *(mobile(i) for i in range(5_001))]
    assert len(sheet_of(tmp_path, "\n".join(lines[:-1]).encode()).rows) == 5_000
    refused = refusal(tmp_path, "\n".join(lines).encode())
    assert (refused.code, "5,001" in refused.message, "5,000" in refused.message) == (
        "too_many_rows",
        True,
        True,
    )


def test_blank_lines_do_not_count_towards_the_cap(tmp_path: Path) -> None:
    text = "phone\n" + "\n\n".join(mobile(i) for i in range(5_000))
    assert len(sheet_of(tmp_path, text.encode()).rows) == 5_000


def test_a_file_over_the_size_limit_is_refused_with_its_size(tmp_path: Path) -> None:
    refused = refusal(tmp_path, b"phone\n" + b"6" * 2_000_000, replace(LIMITS, max_bytes=1_000_000))
    assert (refused.code, "1.9 MB" in refused.message) == ("too_big", True)


def test_a_very_long_line_is_refused_with_its_number(tmp_path: Path) -> None:
    refused = refusal(tmp_path, b"phone,name\n1,x\n" + b"y" * 1_000_001)
    assert (refused.code, "Line 3" in refused.message) == ("cell_too_long", True)


def test_a_very_long_cell_is_refused_with_its_place(tmp_path: Path) -> None:
    refused = refusal(tmp_path, f"phone,name\n{mobile(1)},{'y' * 40_000}\n".encode())
    assert (refused.code, "B2" in refused.message) == ("cell_too_long", True)


def test_a_value_far_to_the_right_is_refused_with_its_column(tmp_path: Path) -> None:
    refused = refusal(tmp_path, f"phone,name\n{mobile(1)}{',' * 300}x\n".encode())
    assert (refused.code, "column KO" in refused.message) == ("too_many_columns", True)


def test_control_characters_say_that_it_is_no_text(tmp_path: Path) -> None:
    refused = refusal(tmp_path, f"phone\n{mobile(1)}\x00\n".encode())
    assert (refused.code, "line 2" in refused.message) == ("unknown_type", True)


def test_a_name_that_promises_another_type_is_noted_and_not_believed(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, csv_bytes(ROWS), name="list.xlsx")
    assert sheet.kind == "csv"
    assert ".xlsx" in sheet.notes[0]
    assert sheet_of(tmp_path, csv_bytes(ROWS), name="list.txt").notes == ()


def test_a_text_file_is_called_as_its_name_calls_it(tmp_path: Path) -> None:
    data = f"phone\n{mobile(1)}\n".encode()
    assert [sheet_of(tmp_path, data, name=name).kind for name in ("a.csv", "a.TXT", "a", "")] == [
        "csv",
        "txt",
        "txt",
        "txt",
    ]


def test_progress_is_told_while_reading(tmp_path: Path) -> None:
    from app.recipients.reading import read_sheet

    stored = tmp_path / "upload"
    stored.write_text("phone\n" + "\n".join(mobile(i) for i in range(1_200)))
    heard: list[int] = []
    read_sheet(stored, LIMITS, heard.append)
    assert heard == [500, 1_000, 1_200]
