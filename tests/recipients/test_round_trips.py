"""What is written comes back: parse(write(rows)) == rows for every type of file."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.recipients.sheet_files import csv_bytes, sheet_of, xls_bytes, xlsx_bytes

# What a person could have typed: no control characters, and no space at the ends, which reading trims.
texts = (
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=30)
    .map(str.strip)
    .filter(lambda text: not text.startswith("="))
)
names = st.text("abcdefghij", min_size=1, max_size=8)
mobiles = st.integers(10_000_000, 99_999_999).map(lambda digits: f"614{digits}")


@st.composite
def tables(draw: Callable[[st.SearchStrategy[Any]], Any]) -> list[tuple[str, ...]]:
    """A heading, and rows whose first and last cells are filled, so that their width can be told."""
    width = draw(st.integers(1, 4))
    heading = tuple(draw(names) for _ in range(width))
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        middle = tuple(draw(texts) for _ in range(width - 2))
        last = (draw(names),) if width > 1 else ()
        rows.append((draw(mobiles), *middle, *last))
    return [heading, *rows]


def read(data: bytes) -> list[tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        sheet = sheet_of(Path(folder), data)
    assert sheet.heading is not None
    return [sheet.heading.cells, *(row.cells for row in sheet.rows)]


relaxed = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@relaxed
@given(tables(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.sampled_from(["\n", "\r\n"]))
def test_comma_separated_rows_come_back(table: list[tuple[str, ...]], encoding: str, newline: str) -> None:
    assert read(csv_bytes(table, ",", encoding, newline)) == table


@relaxed
@given(tables(), st.sampled_from(";\t|"))
def test_rows_come_back_whatever_the_declared_delimiter(table: list[tuple[str, ...]], delimiter: str) -> None:
    assert read(f"sep={delimiter}\n".encode() + csv_bytes(table, delimiter)) == table


@relaxed
@given(st.lists(mobiles, min_size=2, max_size=30), st.sampled_from(["\n", "\r\n", "\r"]))
def test_one_number_a_line_comes_back(numbers: list[str], newline: str) -> None:
    assert read(newline.join(["phone", *numbers]).encode()) == [("phone",), *((n,) for n in numbers)]


@relaxed
@given(tables())
def test_rows_of_an_xlsx_come_back(table: list[tuple[str, ...]]) -> None:
    assert read(xlsx_bytes(table)) == table


@relaxed
@given(tables())
def test_rows_of_an_xls_come_back(table: list[tuple[str, ...]]) -> None:
    assert read(xls_bytes(table)) == table


@pytest.mark.parametrize("writer", [xlsx_bytes, xls_bytes])
@relaxed
@given(st.lists(st.integers(-(10**14), 10**14), min_size=1, max_size=20))
def test_whole_numbers_come_back_digit_for_digit(
    writer: Callable[[list[list[Any]]], bytes], values: list[int]
) -> None:
    assert read(writer([["phone"], *([value] for value in values)])) == [
        ("phone",),
        *((str(value),) for value in values),
    ]
