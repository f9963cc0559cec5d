"""Tidying shows before and after, and changes the text only when it is asked to; without JavaScript too."""

from __future__ import annotations

from tests.web_compose.conftest import Desk

CURLY = "It’s here — “ready” for {café name}…"


def test_the_preview_shows_what_tidying_would_change_and_changes_nothing(desk: Desk) -> None:
    page = desk.quick(content=CURLY, only_check="1").text
    assert "As it would read" in page
    assert "It&#39;s here - &#34;ready&#34; for {café name}..." in page
    assert CURLY.split(" ")[0] in page
    assert desk.tasks() == []


def test_the_button_puts_the_tidied_text_into_the_form_and_sends_nothing(desk: Desk) -> None:
    page = desk.quick(content="It’s here…", tidy="1").text
    area = page[page.index('name="content"') :]
    assert "It&#39;s here..." in area[: area.index("</textarea>")]
    assert "As it would read" not in page
    assert desk.tasks() == []
