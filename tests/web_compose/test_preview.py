"""The live preview."""

from __future__ import annotations

from typing import Any

from app.models import BannedWordEntry
from tests.web_compose.conftest import Desk


def preview(desk: Desk, **changes: Any) -> str:
    response = desk.client.submit("/compose/preview", desk.values(**changes), page="/quick/")
    assert response.status_code == 200
    return response.text


def test_it_counts_and_prices_as_the_check_does(desk: Desk) -> None:
    text = preview(desk, content="a" * 161)
    assert 'data-says="161 characters, 2 segments. 2 recipients, 4.8 credits in all."' in text
    assert "1.8–3" in text
    desk.quick(content="a" * 161)
    quote = desk.checked().quote
    assert quote is not None
    assert (quote["total"], quote["segments"]) == (4_800, 4)


def test_the_route_says_how_long_texts_split(desk: Desk) -> None:
    text = preview(desk, content="a" * 320, route_id=desk.economy_id, sender_id="")
    assert "320 characters, 2 segments" in text
    assert "320 characters, 3 segments" in preview(desk, content="a" * 320)


def test_characters_that_count_two_are_explained(desk: Desk) -> None:
    assert "Counted as 4" in preview(desk, content="[]")


def test_a_browsers_line_ends_count_as_one_character(desk: Desk) -> None:
    assert "3 characters" in preview(desk, content="a\r\nb")


def test_numbers_that_would_be_left_out_are_named_with_the_reason(desk: Desk) -> None:
    text = preview(desk, recipients="+61412345678, 0412 345 678")
    assert "1 of 2 numbers will be left out" in text
    assert "The country code is missing" in text


def test_too_many_numbers_are_said_with_their_count(desk: Desk) -> None:
    assert "101 recipients" in preview(desk, recipients=",".join(f"+6141234{n:04d}" for n in range(101)))


def test_a_price_beyond_the_credit_is_said_while_writing(desk: Desk) -> None:
    numbers = ",".join(f"+6141234{n:04d}" for n in range(100))
    assert "50.0 credits more than you have" in preview(desk, recipients=numbers)


def test_what_is_typed_is_never_markup(desk: Desk) -> None:
    text = preview(desk, content="Hello <script>alert(1)</script>", recipients="<b>x</b>")
    assert "<script>" not in text
    assert "<b>x" not in text


def test_columns_of_a_file_not_yet_read_are_not_judged(desk: Desk) -> None:
    values = desk.values(content="Dear {first name}, your card is ready.")
    del values["recipients"]
    text = desk.client.submit("/compose/preview", values, page="/bulk/").text
    assert "no column" not in text
    assert "Merge fields count here as they are written" in text


def test_a_route_that_was_closed_meanwhile_leaves_the_count_empty(desk: Desk) -> None:
    assert 'data-says=""' in preview(desk, route_id=999_999)


def test_it_needs_the_forms_token(desk: Desk) -> None:
    assert desk.client.post("/compose/preview", data=desk.values()).status_code == 400


def test_a_word_that_is_only_noted_does_not_stop_the_task(desk: Desk) -> None:
    desk.session.add(BannedWordEntry(word="loan", category="finance", severity="alert"))
    desk.session.commit()
    text = preview(desk, content="A loan for you")
    assert '<mark class="marked marked-note">loan<sup>' in text
    assert "Allowed, but:" in text
    assert desk.quick(content="A loan for you").status_code == 303
