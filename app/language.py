"""The languages that Carillon speaks, and the words, dates and numbers of each.

One context variable says which language is spoken; a request sets it from the person, a job from the person it
works for. Flask-Babel (templates, forms) and the domain read the same catalogues through this module, so the
domain needs no Flask to speak. English is the source: it has no catalogue and cannot be incomplete.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Babel is large, and the process that reads a file loads it only to refuse one in Malay
    from babel import Locale

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "ms": "Bahasa Melayu"}  # each in its own words
FOLDER = Path(__file__).parent / "translations"

_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)


def current() -> str:
    """The language spoken now, a key of LANGUAGES."""
    return _spoken.get()


def speak(language: str | None) -> None:
    """Speak this language from now on in this context; English where it is unknown."""
    _spoken.set(_offered(language))


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """Speak this language within the block: a letter is written in its reader's, whoever causes it."""
    token = _spoken.set(_offered(language))
    try:
        yield
    finally:
        _spoken.reset(token)


def gettext(text: str, /, **values: object) -> str:
    """The text in the language spoken now, its %(name)s places filled from `values`."""
    words = catalogue(current()).gettext(text)
    return words % values if values else words


def ngettext(one: str, many: str, num: int, /, **values: object) -> str:
    """The text in the form that `num` asks for; %(num)s is filled with it unless `values` say otherwise."""
    words = catalogue(current()).ngettext(one, many, num)
    return words % {"num": num, **values}


def mark(text: str) -> str:
    """The text itself: tells the catalogues of a constant, which `gettext` translates where it is shown."""
    return text


def locale() -> Locale:
    """Babel's locale of the language spoken now."""
    return _locale(current())


def thousands(number: int) -> str:
    """A whole number with its thousands set apart."""
    words = f"{number:,}"
    if current() == ENGLISH:
        return words
    separator, _ = _number_signs(current())
    return words if separator == "," else words.replace(",", separator)


def decimals(words: str) -> str:
    """An amount written the English way, 1,234.5, as the language spoken now writes it."""
    if current() == ENGLISH:
        return words
    separator, point = _number_signs(current())
    return words if (separator, point) == (",", ".") else words.translate({44: separator, 46: point})


def day_words(moment: date, style: str) -> str:
    """`strftime`, with the names of months and days (%a, %A, %b, %B) in the language spoken now."""
    if current() != ENGLISH:
        months, short_months, days, short_days = _names(current())
        style = (
            style.replace("%B", months[moment.month - 1])
            .replace("%b", short_months[moment.month - 1])
            .replace("%A", days[moment.weekday()])
            .replace("%a", short_days[moment.weekday()])
        )
    return moment.strftime(style)


@cache
def catalogue(language: str) -> NullTranslations:
    """The language's texts, read from its .po file once a process: no compiled file to forget to make anew."""
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if language == ENGLISH or not path.is_file():
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _offered(language: str | None) -> str:
    return language if language in LANGUAGES else ENGLISH


@cache
def _locale(language: str) -> Locale:
    from babel import Locale

    return Locale.parse(language)


@cache
def _number_signs(language: str) -> tuple[str, str]:
    signs = _locale(language).number_symbols["latn"]
    return signs["group"], signs["decimal"]


@cache
def _names(language: str) -> tuple[tuple[str, ...], ...]:
    """Months, their short names, days, their short names; a week begins on Monday."""
    of = _locale(language)
    months, days = of.months["format"], of.days["format"]
    return (
        tuple(months["wide"][month] for month in range(1, 13)),
        tuple(months["abbreviated"][month] for month in range(1, 13)),
        tuple(days["wide"][day] for day in range(7)),
        tuple(days["abbreviated"][day] for day in range(7)),
    )
