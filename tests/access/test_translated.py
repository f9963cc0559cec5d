"""No page says anything in English alone: what is read goes through the catalogues.

Every page is opened in a language that puts each text of the catalogues into brackets. What is left outside of
them has to be data: a word that stands in the database, in an address, or in a number's or a date's company.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from babel import Locale
from babel.support import NullTranslations

from app import language
from app.accounts.clocks import all_zones
from tests.access.table import ENDPOINTS
from tests.access.test_forms import addresses
from tests.access.world import ANONYMOUS, HALF_WAY, SECRET, World

_READ = ("aria-label", "title", "placeholder", "alt", "data-label")
_UNREAD = frozenset({"script", "style", "code", "textarea", "kbd", "pre"})
_WORD = re.compile(r"[A-Za-z]{3,}")
# Names, units and formats that are the same in every language.
_NAMES = (
    "Carillon SMS WhatsApp UTC GMT UCS GSM csv xlsx xls txt pdf PDF JPEG PNG SID http https www com example "
    "English Bahasa Melayu KiB MiB kannel smpp sandbox"
)
_SPOKEN = [Locale.parse(code) for code in language.LANGUAGES]
_SAME = frozenset(_NAMES.split()) | {
    word
    for spoken in _SPOKEN
    for names in (*spoken.months["format"].values(), *spoken.days["format"].values())
    for word in names.values()
}
_ADDRESS = re.compile(r"https?://\S+")


class _Bracketed(NullTranslations):
    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, num: int) -> str:
        return f"⟦{msgid1 if num == 1 else msgid2}⟧"

    ugettext = gettext
    ungettext = ngettext


class _Texts(HTMLParser):
    """What a person reads of a page, or hears of it."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self.texts: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNREAD or (tag == "section" and dict(attrs).get("lang") == "en"):
            self._within.append(tag)
        self.texts += [_bare(value)[0] for name, value in attrs if name in _READ and value]
        if tag == "input" and dict(attrs).get("type") == "submit":
            self.texts.append(dict(attrs).get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        """Brackets may open in one element and close in another: a text may hold a link."""
        bare, self._depth = _bare(data, self._depth)
        if not self._within and bare.strip() not in all_zones():  # they are names
            self.texts.append(bare)


def _bare(text: str, depth: int = 0) -> tuple[str, int]:
    """The text without what stands in brackets, and how deep in them it ends."""
    kept = []
    for character in text:
        if character == "⟧":
            depth -= 1
        elif character == "⟦":
            depth += 1
        elif depth <= 0:
            kept.append(character)
    return "".join(kept), depth


@pytest.fixture
def data_words(world: World) -> set[str]:
    """Every word that the database holds."""
    words: set[str] = set()
    for rows in world.rows(lambda table, column: False).values():
        for row in rows:
            for value in row.values():
                if isinstance(value, str):
                    words.update(_WORD.findall(value))
    # A finding marks a place in the middle of a word, which parts it in two.
    return words | _SAME | {SECRET[:4], SECRET[4:]}


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[[str], Any] = language.catalogue
    monkeypatch.setattr(language, "catalogue", lambda code: _Bracketed() if code == "ms" else real(code))


@pytest.mark.parametrize("who", ["owner", "admin", ANONYMOUS, HALF_WAY])
def test_every_text_goes_through_the_catalogues(
    world: World, bracketed: None, data_words: set[str], who: str
) -> None:
    world.visitors[who].cookies, kept = (
        world.visitors[who].cookies + "; language=ms",
        world.visitors[who].cookies,
    )
    bare: dict[str, set[str]] = {}
    try:
        for endpoint in sorted(ENDPOINTS):
            if "GET" not in world.methods(endpoint):
                continue
            for address in addresses(world, endpoint, who):
                response = world.ask(who, "GET", address)
                if response.mimetype != "text/html" or response.status_code in (302, 303):
                    continue
                page = _Texts()
                page.feed(response.text)
                for text in page.texts:
                    if set(_WORD.findall(_ADDRESS.sub("", text))) - data_words:
                        bare.setdefault(endpoint, set()).add(" ".join(text.split()))
    finally:
        world.visitors[who].cookies = kept
    told = "\n".join(f"{endpoint}: {text}" for endpoint, texts in bare.items() for text in sorted(texts))
    assert not bare, f"Said in English alone:\n{told}"
