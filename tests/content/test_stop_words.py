"""The wish to hear no more, as people spell it; and what only looks like it."""

from __future__ import annotations

import pytest

from app.content.stop_words import asks_to_stop


@pytest.mark.parametrize(
    "text",
    [
        "STOP", "stop", " Stop. ", "STOP!!!", "s.t.o.p", "“Stop”", "STOP\n", "Stop all", "STOPALL", "UNSUBSCRIBE",
        "cancel", "End", "quit", "revoke", "OPT-OUT", "opt out", "HENTI", "Berhenti.", "batal", "ＳＴＯＰ",
        "STOP \U0001f6d1",
    ],
)  # fmt: skip
def test_a_wish_to_stop_is_understood(text: str) -> None:
    assert asks_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "?",
        "stopover",
        "the end",
        "don't stop",
        "Cancel my order",
        "START",
        "stop" + "." * 200,
        "5709",
    ],
)
def test_any_other_answer_is_left_alone(text: str) -> None:
    assert not asks_to_stop(text)
