"""Typed lists: which separators separate, which spaces stand inside a number, and the cap."""

import pytest

from app.recipients.errors import FileRefused
from app.recipients.typed import split_typed, take_in_typed
from tests.recipients.sheet_files import RULES, mobile


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("61412345678,61498765432", ["61412345678", "61498765432"]),
        ("61412345678, 61498765432,", ["61412345678", "61498765432"]),
        ("61412345678\n61498765432\r\n\r\n", ["61412345678", "61498765432"]),
        ("61412345678;61498765432", ["61412345678", "61498765432"]),
        ("61412345678\t61498765432", ["61412345678", "61498765432"]),
        ("61412345678 61498765432", ["61412345678", "61498765432"]),
        ("+61412345678 61498765432 0061498765433", ["+61412345678", "61498765432", "0061498765433"]),
        ("+61 412 345 678, 61498765432", ["+61 412 345 678", "61498765432"]),
        ("+61 412 345 678 +61 498 765 432", ["+61 412 345 678", "+61 498 765 432"]),
        ("(+61) 412 345 678 (+61) 498 765 432", ["(+61) 412 345 678", "(+61) 498 765 432"]),
        ("61 412 345 678", ["61 412 345 678"]),
        ("1 2025550123", ["1 2025550123"]),
        ("61412345678 hello", ["61412345678 hello"]),
        ("，61412345678；61498765432、", ["61412345678", "61498765432"]),
        ("", []),
        (" ,;\n", []),
    ],
)
def test_separators_separate_and_spaces_inside_numbers_do_not(text: str, pieces: list[str]) -> None:
    assert split_typed(text) == pieces


def test_positions_stand_for_rows() -> None:
    intake = take_in_typed("+61 412 345 678, 0412345678, 61412345678", RULES)
    assert [(r.row, r.e164) for r in intake.recipients] == [(1, "+61412345678")]
    assert [(r.row, r.reason) for r in intake.rejections] == [(2, "local_format"), (3, "duplicate")]
    assert intake.number_column is None
    assert not intake.heading_looks_like_number


def test_a_hundred_are_taken_and_one_more_refuses_the_list_with_the_count() -> None:
    numbers = [mobile(i) for i in range(101)]
    assert len(take_in_typed(" ".join(numbers[:100]), RULES).recipients) == 100
    with pytest.raises(FileRefused, match="101") as refused:
        take_in_typed(",".join(numbers), RULES)
    assert refused.value.code == "too_many_rows"


def test_nothing_typed_is_refused() -> None:
    with pytest.raises(FileRefused) as refused:
        take_in_typed(" \n,", RULES)
    assert refused.value.code == "no_rows"


def test_suppressed_numbers_are_left_out_of_typed_lists_too() -> None:
    assert take_in_typed(mobile(1), RULES, suppressed={"+" + mobile(1)}).by_reason == {"suppressed": 1}


def test_very_many_spaces_are_passed_over_at_once() -> None:
    """They took minutes: each was tried as the first of those before a plus."""
    many = " " * 200_000
    assert split_typed(f"+61412345678{many}+61498765432{many}61 400{many}") == [
        "+61412345678",
        "+61498765432" + many + "61 400",
    ]
