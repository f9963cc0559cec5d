"""Which language a page speaks: the person's choice, else this browser's cookie, else what the browser asks for."""

from __future__ import annotations

from functools import lru_cache
from gettext import NullTranslations

from flask import Flask, request
from flask_babel import Babel, Domain
from flask_login import current_user

from app import language
from app.language import mark

COOKIE = "language"  # a choice, and nothing about anybody

# What WTForms says by itself of a field that has no words of its own; it has no Malay.
_OF_FORMS = (
    mark("This field is required."),
    mark("Not a valid choice."),
    mark("Not a valid integer value."),
    mark("Not a valid date value."),
    mark("Number must be between %(min)s and %(max)s."),
)


class _Words:
    """A language's catalogue under the names by which Flask-Babel asks for texts."""

    def __init__(self, words: NullTranslations) -> None:
        self.ugettext, self.ungettext = words.gettext, words.ngettext
        self.upgettext, self.unpgettext = words.pgettext, words.npgettext


class _Catalogues(Domain):
    """Flask-Babel's texts, taken from the house's own catalogues."""

    def get_translations(self) -> _Words:
        return _words_of(language.catalogue(language.current()))


@lru_cache(maxsize=len(language.LANGUAGES))
def _words_of(catalogue: NullTranslations) -> _Words:
    """Made once for a catalogue: a page asks for hundreds of texts."""
    return _Words(catalogue)


def init_app(app: Flask) -> None:
    """Speak the reader's language in every template, form and message."""
    babel = Babel(app, locale_selector=language.current)
    babel.domain_instance = _Catalogues()
    app.before_request(_choose)
    app.context_processor(lambda: {"languages": language.LANGUAGES, "spoken": language.current()})


def _choose() -> None:
    """A context of its own serves each request, so what is spoken here ends with it or is chosen anew."""
    if request.endpoint is not None and request.endpoint.endswith("static"):
        return
    chosen = getattr(current_user, "language", None) or request.cookies.get(COOKIE)
    if chosen not in language.LANGUAGES:
        chosen = request.accept_languages.best_match(language.LANGUAGES, default=language.ENGLISH)
    language.speak(chosen)
    # Where Flask-WTF looks before it reads WTForms' own catalogue from its file, at every request.
    request.wtforms_translations = _words_of(language.catalogue(chosen))  # type: ignore[attr-defined]
