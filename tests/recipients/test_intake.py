"""From a sheet to recipients: the number column, merge fields, repeats, suppression, the heading, corrections."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from app.recipients.errors import FileRefused
from app.recipients.intake import take_in
from tests.recipients.sheet_files import (
    LIMITS,
    RULES,
    csv_bytes,
    intake_of,
    mobile,
    sheet_of,
    workbook_parts,
    zipped,
)


def refusal(tmp_path: Path, rows: Sequence[Sequence[str]]) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        intake_of(tmp_path, csv_bytes(rows))
    return refused.value


@pytest.mark.parametrize(
    "heading",
    ["phone", "Phone", " PHONE ", "Mobile", "MSISDN", "Mobile No.", "phone_number", "Phone Number", "Recipient",
     "number", "Contact Number", "WhatsApp", "Móvil", "Cell-Phone", "To", "\ufeffPhone"],
)  # fmt: skip
def test_the_number_column_is_found_by_its_name_wherever_it_is(tmp_path: Path, heading: str) -> None:
    rows = [("first name", heading, "city"), ("Ann", mobile(1), "Perth")]
    intake = intake_of(tmp_path, csv_bytes(rows))
    recipient = intake.recipients[0]
    assert (recipient.e164, recipient.row) == ("+" + mobile(1), 2)
    assert recipient.fields == {"first name": "Ann", "city": "Perth"}
    assert intake.field_names == ("first name", "city")


def test_two_columns_that_could_be_it_are_an_error_that_names_both(tmp_path: Path) -> None:
    refused = refusal(tmp_path, [("Phone", "name", "Mobile"), (mobile(1), "x", mobile(2))])
    assert refused.code == "ambiguous_columns"
    assert "“Phone” (column A) and “Mobile” (column C)" in refused.message


def test_a_plain_number_name_wins_over_one_that_may_be_a_persons(tmp_path: Path) -> None:
    intake = intake_of(tmp_path, csv_bytes([("Contact", "Phone"), ("Ann", mobile(1))]))
    assert (intake.number_column, intake.recipients[0].fields) == ("Phone", {"Contact": "Ann"})


@pytest.mark.parametrize("rows", [[("list",), (mobile(1),)], [("list", "note"), (mobile(1), "x")]])
def test_without_a_known_name_the_only_or_first_column_is_it(
    tmp_path: Path, rows: list[tuple[str, ...]]
) -> None:
    intake = intake_of(tmp_path, csv_bytes(rows))
    assert (intake.number_column, len(intake.recipients)) == ("list", 1)


def test_a_nameless_number_column_beside_names_is_an_error_that_says_which_to_name(tmp_path: Path) -> None:
    refused = refusal(tmp_path, [("customer", "Rufnummer"), ("Ann", mobile(1)), ("Ben", mobile(2))])
    assert refused.code == "no_number_column"
    assert "“Rufnummer” (column B)" in refused.message


def test_a_hidden_first_column_is_not_the_first(tmp_path: Path) -> None:
    data = (
        '<row r="1"><c r="B1" t="str"><v>list</v></c></row>'
        f'<row r="2"><c r="A2"><v>9</v></c><c r="B2"><v>{mobile(1)}</v></c></row>'
    )
    parts = workbook_parts(data)
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert isinstance(sheet, str)
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(
        "<sheetData>", '<cols><col min="1" max="1" hidden="1"/></cols><sheetData>'
    )
    assert [r.e164 for r in intake_of(tmp_path, zipped(parts)).recipients] == ["+" + mobile(1)]


def test_every_row_is_a_recipient_or_a_rejection_with_its_own_row_number(tmp_path: Path) -> None:
    rows = [
        ("phone", "name"),
        (mobile(1), "Ann"),
        ("", "no number"),
        ("+61 412 345 678", "Cas"),
        ("0412345678", "Dan"),
        ("6.14E+10", "Eve"),
        (mobile(1), "Ann again"),
        ("8613800138000", "Feng"),
    ]
    intake = intake_of(tmp_path, csv_bytes(rows))
    assert [(r.row, r.e164) for r in intake.recipients] == [(2, "+" + mobile(1)), (4, "+61412345678")]
    assert [(r.row, r.reason) for r in intake.rejections] == [
        (3, "empty"),
        (5, "local_format"),
        (6, "scientific"),
        (7, "duplicate"),
        (8, "blocked_country"),
    ]
    assert (intake.rows_read, intake.tidied, intake.duplicates) == (7, 1, 1)
    assert intake.by_reason["duplicate"] == 1
    assert intake.rejections[1].fields == {"name": "Dan"}


def test_a_repeat_names_the_row_first_seen_however_it_is_written(tmp_path: Path) -> None:
    intake = intake_of(tmp_path, csv_bytes([("phone",), ("61412345678",), ("+61 412-345-678",)]))
    assert "row 2" in intake.rejections[0].message
    assert intake.rejections[0].written == "+61 412-345-678"


def test_a_date_in_the_number_column_is_refused_as_such(tmp_path: Path) -> None:
    styles = '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    data = (
        '<row r="1"><c r="A1" t="str"><v>phone</v></c></row><row r="2"><c r="A2" s="1"><v>46347</v></c></row>'
    )
    intake = intake_of(tmp_path, zipped(workbook_parts(data, **{"xl/styles.xml": styles})))
    assert [(r.reason, r.written) for r in intake.rejections] == [("date", "2026-11-21")]
    assert "Format the column as text" in intake.rejections[0].message


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("<c r='A2'><f>B2</f></c>", "formula"), ("<c r='A2' t='e'><v>#REF!</v></c>", "not_a_number"),
     ("<c r='A2' t='b'><v>1</v></c>", "not_a_number")],
)  # fmt: skip
def test_formulas_errors_and_booleans_in_the_number_column_are_explained(
    tmp_path: Path, cell: str, reason: str
) -> None:
    data = f"<row r='1'><c r='A1' t='str'><v>phone</v></c></row><row r='2'>{cell}</row>"
    assert [r.reason for r in intake_of(tmp_path, zipped(workbook_parts(data))).rejections] == [reason]


def test_suppressed_numbers_become_rejections_in_row_order(tmp_path: Path) -> None:
    rows = [("phone",), (mobile(1),), ("+61 412 345 678",), ("bad",), (mobile(3),)]
    intake = intake_of(tmp_path, csv_bytes(rows), suppressed={"+61412345678", "+6590000000"})
    assert [r.row for r in intake.recipients] == [2, 5]
    assert [(r.row, r.reason) for r in intake.rejections] == [(3, "suppressed"), (4, "not_a_number")]
    assert intake.tidied == 0


def test_suppression_may_be_asked_once_for_all_candidates(tmp_path: Path) -> None:
    asked: list[Sequence[str]] = []

    def suppressed(numbers: Sequence[str]) -> set[str]:
        asked.append(numbers)
        return {numbers[0]}

    intake = intake_of(
        tmp_path, csv_bytes([("phone",), (mobile(1),), (mobile(2),), (mobile(1),)]), suppressed=suppressed
    )
    assert asked == [["+" + mobile(1), "+" + mobile(2)]]
    assert intake.by_reason == {"suppressed": 1, "duplicate": 1}


def test_a_heading_that_is_a_number_is_reported_and_left_out(tmp_path: Path) -> None:
    intake = intake_of(tmp_path, csv_bytes([(mobile(1),), (mobile(2),)]))
    assert (intake.heading_looks_like_number, intake.heading_number) == (True, "+" + mobile(1))
    assert [r.row for r in intake.recipients] == [2]
    assert intake.number_column is None


def test_a_heading_that_is_a_number_is_included_when_asked(tmp_path: Path) -> None:
    intake = intake_of(tmp_path, csv_bytes([(mobile(1),), (mobile(2),)]), include_heading=True)
    assert [r.row for r in intake.recipients] == [1, 2]


def test_a_heading_in_words_is_never_included(tmp_path: Path) -> None:
    intake = intake_of(tmp_path, csv_bytes([("phone",), (mobile(2),)]), include_heading=True)
    assert (intake.rows_read, intake.heading_number) == (1, None)


def test_without_headings_the_column_that_holds_a_number_is_it(tmp_path: Path) -> None:
    rows = [("Ann", mobile(1)), ("Ben", mobile(2))]
    intake = intake_of(tmp_path, csv_bytes(rows), include_heading=True)
    assert [r.e164 for r in intake.recipients] == ["+" + mobile(1), "+" + mobile(2)]
    assert intake.recipients[0].fields == {"column A": "Ann"}


def test_including_the_heading_counts_towards_the_cap(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, "\n".join(mobile(i) for i in range(5_001)).encode())
    assert len(take_in(sheet, RULES, LIMITS).recipients) == 5_000
    with pytest.raises(FileRefused, match="5,001"):
        take_in(sheet, RULES, LIMITS, include_heading=True)


def test_fields_of_the_same_name_are_left_out_and_named(tmp_path: Path) -> None:
    intake = intake_of(tmp_path, csv_bytes([("phone", "Name", "name ", "city"), (mobile(1), "a", "b", "c")]))
    assert intake.field_names == ("city",)
    assert "Columns B and C" in intake.notes[0]


def test_a_column_without_a_heading_is_left_out_and_named(tmp_path: Path) -> None:
    intake = intake_of(tmp_path, csv_bytes([("phone", "", "city"), (mobile(1), "a", "c")]))
    assert (intake.field_names, "Column B" in intake.notes[0]) == (("city",), True)


def test_missing_cells_are_empty_fields(tmp_path: Path) -> None:
    intake = intake_of(tmp_path, csv_bytes([("phone", "name", "city"), (mobile(1),)]))
    assert intake.recipients[0].fields == {"name": "", "city": ""}


def test_a_corrected_cell_is_checked_again_without_the_file(tmp_path: Path) -> None:
    data = csv_bytes([("phone",), (mobile(1),), ("0412345678",), ("oops",)])
    intake = intake_of(tmp_path, data, corrections={3: "+61412345678", 4: mobile(1)})
    assert [(r.row, r.e164) for r in intake.recipients] == [(2, "+" + mobile(1)), (3, "+61412345678")]
    assert intake.by_reason == {"duplicate": 1}


def test_the_same_people_have_the_same_fingerprint_whatever_the_file(tmp_path: Path) -> None:
    one = intake_of(tmp_path, csv_bytes([("phone", "x"), (mobile(1), "a"), (mobile(2), "b")]))
    other = intake_of(tmp_path, csv_bytes([("mobile",), ("+" + mobile(2),), (mobile(1),), (mobile(1),)]))
    third = intake_of(tmp_path, csv_bytes([("mobile",), (mobile(3),)]))
    assert one.fingerprint == other.fingerprint != third.fingerprint


def test_recipients_have_their_country_and_network(tmp_path: Path) -> None:
    rows = [("phone",), (mobile(1),), (mobile(2),), ("+12025550123",)]
    assert [(found.region, found.network) for found in intake_of(tmp_path, csv_bytes(rows)).recipients] == [
        ("AU", "mobile"),
        ("AU", "mobile"),
        ("US", "landline_or_mobile"),
    ]


def test_progress_tells_rows_done_and_in_all(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    data = csv_bytes([("phone",), *((mobile(i),) for i in range(600))])
    intake_of(tmp_path, data, progress=lambda done, total: heard.append((done, total)))
    assert heard == [(250, 600), (500, 600), (600, 600)]


def test_a_whole_page_of_text_in_the_number_column_is_kept_short(tmp_path: Path) -> None:
    intake = intake_of(tmp_path, csv_bytes([("phone", "x"), ("y" * 20_000, ""), (mobile(1), "")]))
    assert len(intake.rejections[0].written) <= 251
