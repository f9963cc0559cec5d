"""What each finding says: what is wrong, and what to do, in the reader's words."""

from __future__ import annotations

import unicodedata

from app.content.findings import Finding, Severity
from app.content.tidy import replacement_for, tidy

_SHOWN = 5
_PLAIN = {
    "greeting": (
        "The greeting {excerpt} is not allowed.",
        "Begin with the recipient's name or the offer, for example: Dear {{first name}}, or: This week only:",
    ),
    "link": (
        "Links are not allowed: {excerpt}.",
        "Remove it, and say where to go: search for your name, or visit you.",
    ),
    "shortener": (
        "{excerpt} is a shortened link, which hides where it leads.",
        "Remove it, and say where to go in words.",
    ),
    "bare_domain": (
        "The web address {excerpt} is not allowed here.",
        "Remove it, and name your business instead.",
    ),
    "chinese": ("Chinese characters and symbols are not allowed: {excerpt}.", "Write this in English."),
    "emoji": ("Emoji are not allowed: {excerpt}.", "Remove it or say it in words."),
    "personal_data": (
        "{excerpt} asks for personal data, which this destination forbids.",
        "Ask the recipient to visit you or to sign in, without naming what they should send.",
    ),
    "call_back": (
        "{excerpt} is a number to call back, which this destination forbids.",
        "Remove the number; the recipient can find it where they know you from.",
    ),
}


def plain_finding(rule: str, severity: Severity, text: str, span: tuple[int, int]) -> Finding:
    """A finding whose wording needs only its excerpt."""
    excerpt = text[slice(*span)]
    message, advice = _PLAIN[rule]
    shown = f'"{_shortened(excerpt)}"'
    return Finding(rule, severity, *span, excerpt, message.format(excerpt=shown), advice.format())


def banned_word(
    severity: Severity, text: str, span: tuple[int, int], word: str, category: str, instead: str
) -> Finding:
    """A finding for a listed word, with an allowed rewording where the list has one."""
    excerpt = text[slice(*span)]
    disguised = "" if excerpt.casefold() == word.casefold() else f', which reads as "{word}",'
    message = f'"{_shortened(excerpt)}"{disguised} is on the list of {category} words.'
    outcome = "" if severity is Severity.BLOCK else " Staff will see this message."
    advice = f'Write "{instead}" instead.' if instead else "Remove it or say it in other words."
    return Finding("banned_word", severity, *span, excerpt, message + outcome, advice)


def alphabet(severity: Severity, text: str, span: tuple[int, int]) -> Finding:
    """A finding for characters that GSM 7-bit cannot carry, each named, with what tidying would put."""
    excerpt = text[slice(*span)]
    characters = [c for c in dict.fromkeys(excerpt) if c != " "]
    named = ", ".join(_named(c) for c in characters[:_SHOWN])
    more = f" and {len(characters) - _SHOWN} more" if len(characters) > _SHOWN else ""
    verb = "is" if len(characters) == 1 else "are"
    tidied = tidy(excerpt).text
    if len(characters) == 1 and (single := replacement_for(characters[0])) is not None:
        advice = f'Use "{single}" instead, or tidy the text.' if single else "Remove it, or tidy the text."
    elif tidied != excerpt:
        advice = f'Tidy the text: this becomes "{_shortened(tidied)}".'
    else:
        advice = "Remove it or write it in plain English letters."
    return Finding(
        "alphabet", severity, *span, excerpt, f"{named}{more} {verb} outside the GSM alphabet.", advice
    )


def too_long(text: str, start: int, length: str, limit: str) -> Finding:
    """A finding for what stands beyond the longest message; `length` and `limit` name their units."""
    message = f"The message has {length}; at most {limit} can be sent."
    advice = "Shorten it: the marked end is too much. Nothing is cut off for you."
    return Finding("too_long", Severity.BLOCK, start, len(text), text[start:], message, advice)


def empty(text: str) -> Finding:
    """A finding for a message without anything to read."""
    return Finding("empty", Severity.BLOCK, 0, len(text), text, "The message is empty.", "Write a message.")


def _shortened(excerpt: str) -> str:
    return excerpt if len(excerpt) <= 40 else f"{excerpt[:37]}..."


def _named(character: str) -> str:
    """A character with its Unicode name, since many look like an allowed one or like nothing."""
    name = unicodedata.name(character, f"U+{ord(character):04X}").lower()
    return f'"{character}" ({name})' if character.isprintable() else name
