"""Every language that the panel offers is whole: each text of the code, with its places and its tags."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from babel.messages.catalog import Catalog

from app import language
from operations import catalogue

OTHERS = sorted(set(language.LANGUAGES) - {language.ENGLISH})
# What a translation must carry over: places for values, doubled percent signs, merge fields, tags, entities.
_KEPT = re.compile(r"%\(\w+\)s|%%|\{[\w ]*\}|</?\w+[^>]*>|&\w+;")


@pytest.fixture(scope="module")
def texts() -> Catalog:
    return catalogue.texts()


@pytest.fixture(scope="module", params=OTHERS)
def words(request: pytest.FixtureRequest) -> Catalog:
    return catalogue.read(request.param)


def ids(found: Catalog) -> set[object]:
    return {message.id for message in found if message.id}


def test_another_language_than_english_is_offered() -> None:
    assert OTHERS


def test_every_text_has_its_words(texts: Catalog, words: Catalog) -> None:
    assert not ids(texts) - ids(words), "Run `make words`, and translate what is new."
    wanting = [message.id for message in words if message.id and not catalogue.lacks_nothing(message.string)]
    assert wanting == []


def test_nothing_is_guessed_and_nothing_left_over(texts: Catalog, words: Catalog) -> None:
    assert [message.id for message in words if message.fuzzy and message.id] == []
    assert ids(words) - ids(texts) == set(), "Run `make words`: these texts are gone."


def test_places_and_tags_are_carried_over(words: Catalog) -> None:
    broken = []
    for message in words:
        if not message.id:
            continue
        plural = not isinstance(message.id, str)
        source = message.id[-1] if plural else message.id
        for said in message.string if plural else [message.string]:
            before, after = Counter(_KEPT.findall(source)), Counter(_KEPT.findall(said))
            if before != after or source.count("\n") != said.count("\n"):
                broken.append((source, said))
    assert broken == []


def test_what_is_marked_up_in_words_is_only_what_the_english_has(words: Catalog) -> None:
    """A text's markup goes to the page as it is: no translation may bring its own."""
    for message in words:
        said = message.string if isinstance(message.string, str) else " ".join(message.string)
        assert "<script" not in said.casefold()
        assert "javascript:" not in said.casefold()
