"""What each finding says: what is wrong, and what to do, in the reader's words."""

from __future__ import annotations

import unicodedata

from app.content.findings import Finding, Severity
from app.content.tidy import replacement_for, tidy
from app.language import gettext, mark, ngettext

_SHOWN = 5
_PLAIN = {
    "greeting": (
        mark("The greeting %(excerpt)s is not allowed."),
        mark(
            "Begin with the recipient's name or the offer, for example: Dear {first name}, or: "
            "This week only:"
        ),
    ),
    "link": (
        mark("Links are not allowed: %(excerpt)s."),
        mark("Remove it, and say where to go: search for your name, or visit you."),
    ),
    "shortener": (
        mark("%(excerpt)s is a shortened link, which hides where it leads."),
        mark("Remove it, and say where to go in words."),
    ),
    "bare_domain": (
        mark("The web address %(excerpt)s is not allowed here."),
        mark("Remove it, and name your business instead."),
    ),
    "chinese": (
        mark("Chinese characters and symbols are not allowed: %(excerpt)s."),
        mark("Write this in English."),
    ),
    "emoji": (
        mark("Emoji are not allowed: %(excerpt)s."),
        mark("Remove it or say it in words."),
    ),
    "personal_data": (
        mark("%(excerpt)s asks for personal data, which this destination forbids."),
        mark("Ask the recipient to visit you or to sign in, without naming what they should send."),
    ),
    "call_back": (
        mark("%(excerpt)s is a number to call back, which this destination forbids."),
        mark("Remove the number; the recipient can find it where they know you from."),
    ),
}


def plain_finding(rule: str, severity: Severity, text: str, span: tuple[int, int]) -> Finding:
    """A finding whose wording needs only its excerpt."""
    excerpt = text[slice(*span)]
    message, advice = _PLAIN[rule]
    shown = f'"{_shortened(excerpt)}"'
    return Finding(rule, severity, *span, excerpt, gettext(message, excerpt=shown), gettext(advice))


def banned_word(
    severity: Severity, text: str, span: tuple[int, int], word: str, category: str, instead: str
) -> Finding:
    """A finding for a listed word, with an allowed rewording where the list has one."""
    excerpt = text[slice(*span)]
    category = gettext(category.capitalize()).lower()  # the desk's forms have these words for the catalogues
    if excerpt.casefold() == word.casefold():
        message = gettext(
            '"%(excerpt)s" is on the list of %(category)s words.',
            excerpt=_shortened(excerpt),
            category=category,
        )
    else:
        message = gettext(
            '"%(excerpt)s", which reads as "%(word)s", is on the list of %(category)s words.',
            excerpt=_shortened(excerpt),
            word=word,
            category=category,
        )
    if instead:
        advice = gettext('Write "%(instead)s" instead.', instead=instead)
    else:
        advice = gettext("Remove it or say it in other words.")
    if severity is not Severity.BLOCK:
        advice = gettext("Staff will see this message.") + " " + advice
    return Finding("banned_word", severity, *span, excerpt, message, advice)


def alphabet(severity: Severity, text: str, span: tuple[int, int]) -> Finding:
    """A finding for characters that GSM 7-bit cannot carry, each named, with what tidying would put."""
    excerpt = text[slice(*span)]
    characters = [c for c in dict.fromkeys(excerpt) if c != " "]
    named = ", ".join(_named(c) for c in characters[:_SHOWN])
    tidied = tidy(excerpt).text
    if len(characters) == 1 and (single := replacement_for(characters[0])) is not None:
        advice = (
            gettext('Use "%(single)s" instead, or tidy the text.', single=single)
            if single
            else gettext("Remove it, or tidy the text.")
        )
    elif tidied != excerpt:
        advice = gettext('Tidy the text: this becomes "%(shortened)s".', shortened=_shortened(tidied))
    else:
        advice = gettext("Remove it or write it in plain English letters.")
    return Finding(
        "alphabet",
        severity,
        *span,
        excerpt,
        _outside(named, len(characters)),
        advice,
    )


def _outside(named: str, count: int) -> str:
    if count > _SHOWN:
        more = count - _SHOWN
        return gettext("%(named)s and %(more)s more are outside the GSM alphabet.", named=named, more=more)
    return ngettext(
        "%(named)s is outside the GSM alphabet.",
        "%(named)s are outside the GSM alphabet.",
        count,
        named=named,
    )


def too_long(text: str, start: int, length: str, limit: str) -> Finding:
    """A finding for what stands beyond the longest message; `length` and `limit` name their units."""
    message = gettext(
        "The message has %(length)s; at most %(limit)s can be sent.", length=length, limit=limit
    )
    advice = gettext("Shorten it: the marked end is too much. Nothing is cut off for you.")
    return Finding("too_long", Severity.BLOCK, start, len(text), text[start:], message, advice)


def empty(text: str) -> Finding:
    """A finding for a message without anything to read."""
    return Finding(
        "empty",
        Severity.BLOCK,
        0,
        len(text),
        text,
        gettext("The message is empty."),
        gettext("Write a message."),
    )


def _shortened(excerpt: str) -> str:
    return excerpt if len(excerpt) <= 40 else f"{excerpt[:37]}..."


def _named(character: str) -> str:
    """A character with its Unicode name, since many look like an allowed one or like nothing."""
    name = unicodedata.name(character, f"U+{ord(character):04X}").lower()
    return f'"{character}" ({name})' if character.isprintable() else name
