"""The language of the panel: who chooses it, and what it changes."""

from __future__ import annotations

from datetime import date
from threading import Thread

import pytest

from app import language
from tests.factories.users import make_owner


def spoken_by(response):
    return response.text.partition('<html lang="')[2][:2]


def test_a_stranger_reads_what_the_browser_asks_for(client):
    assert spoken_by(client.get("/sign-in", headers={"Accept-Language": "ms-MY,ms;q=0.9,en;q=0.5"})) == "ms"
    assert spoken_by(client.get("/sign-in", headers={"Accept-Language": "de"})) == "en"
    assert spoken_by(client.get("/sign-in")) == "en"


def test_a_choice_is_kept_in_this_browser_and_leads_back(client):
    answer = client.submit("/language", {"language": "ms", "next": "/terms"}, page="/sign-in")
    assert (answer.status_code, answer.location) == (303, "/terms")
    assert spoken_by(client.get("/terms")) == "ms"


def test_a_persons_choice_goes_with_them_to_another_browser(app, client, session, sign_in):
    owner = make_owner(session)
    sign_in(client, owner)
    client.submit("/language", {"language": "ms"}, page="/")
    other = app.test_client()
    sign_in(other, owner)
    assert spoken_by(other.get("/")) == "ms"


@pytest.mark.parametrize("asked", ["xx", "", "en\r\nSet-Cookie: a=b", "../../etc"])
def test_a_language_that_nobody_speaks_here_changes_nothing(client, asked):
    answer = client.submit("/language", {"language": asked, "next": "//evil.example"}, page="/sign-in")
    assert (answer.status_code, answer.location) == (303, "/")
    assert "language=" not in answer.headers.get("Set-Cookie", "")


def test_a_page_that_is_not_there_speaks_the_readers_language_too(client):
    assert spoken_by(client.get("/nowhere", headers={"Accept-Language": "ms"})) == "ms"
    assert spoken_by(client.get("/nowhere", headers={"Accept-Language": "en"})) == "en"


def test_days_and_numbers_follow_the_language():
    with language.speaking("ms"):
        assert language.day_words(date(2026, 5, 4), "%a %d %b") == "Isn 04 Mei"
        assert language.thousands(12345) == "12,345"
    assert language.day_words(date(2026, 5, 4), "%a %d %b") == "Mon 04 May"


def test_a_block_speaks_its_language_for_itself_alone():
    heard = []
    with language.speaking("ms"):
        other = Thread(target=lambda: heard.append(language.current()))
        other.start()
        other.join()
        heard.append(language.current())
    assert [*heard, language.current()] == ["en", "ms", "en"]
