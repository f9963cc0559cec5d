"""Finding an answer by the words that people type."""

from __future__ import annotations

import pytest

from app.help.searching import Answer, Index, answers_in, stem

INDEX = Index(
    [
        Answer(
            "topping-up", "how", "Topping up", "How do I top up?", "Transfer the money, upload the receipt."
        ),
        Answer(
            "statuses", "messages", "Statuses", "What does a status mean?", "A receipt says it was delivered."
        ),
        Answer("sender-ids", "what", "Sender IDs", "What is a sender ID?", "The name that recipients see."),
        Answer("price", "segments", "Price", "What is a segment?", "Long texts are cut into parts. " * 30),
    ]
)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("topped", "topping-up"),
        ("receipts", "statuses"),
        ("sender id", "sender-ids"),
        ("SENDER IDs?", "sender-ids"),
        ("segm", "price"),
        ("upload receipt", "topping-up"),
        ("what is the segment", "price"),
    ],
)
def test_words_in_any_form_find_their_answer(query: str, first: str) -> None:
    found = INDEX.search(query)
    assert found, query
    assert first in [each.answer.slug for each in found][:2]


def test_a_title_weighs_more_than_a_mention() -> None:
    index = Index(
        [
            Answer("b", "x", "Records", "Where?", "A sender ID is shown there."),
            Answer("a", "x", "Sender IDs", "What?", "A name."),
        ]
    )
    assert [each.answer.slug for each in index.search("sender")] == ["a", "b"]


def test_every_word_counts_and_only_without_such_an_answer_does_one_suffice() -> None:
    assert [each.answer.slug for each in INDEX.search("receipt delivered")] == ["statuses"]
    assert [each.answer.slug for each in INDEX.search("segment zebra")] == ["price"]


@pytest.mark.parametrize("query", ["", "the of", "zebra", "!!!", "<script>", "a" * 5_000, "x " * 5_000])
def test_what_is_nowhere_finds_nothing(query: str) -> None:
    assert INDEX.search(query) == []


def test_hits_are_marked_in_a_part_of_the_answer() -> None:
    (found,) = INDEX.search("parts")
    assert ("parts", True) in found.snippet
    assert len("".join(text for text, _ in found.snippet).split()) <= 32


@pytest.mark.parametrize(
    "words", [("top", "tops", "topping", "topped"), ("price", "prices"), ("company", "companies")]
)
def test_forms_of_a_word_share_a_stem(words: tuple[str, ...]) -> None:
    assert len({stem(word) for word in words}) == 1


def test_a_page_is_read_by_its_sections() -> None:
    html = '<p>x</p><section id="a"><h2>One <b>two</b>?</h2><p>Three</p><p>four</p></section><section id="b"></section>'
    first, second = answers_in("slug", "Title", html)
    assert (first.anchor, first.question, first.text) == ("a", "One two?", "Three four")
    assert second.anchor == "b"
