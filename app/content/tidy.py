"""Tidying a text into GSM 7-bit: smart quotes, dashes, ellipses, odd spaces and accents; never silently.

The replacements are those of GOV.UK Notify's `sanitise_text.py`, extended: an accented letter becomes its
base letter only when GSM does not have the accented one. What has no honest replacement stays, to be named
by the alphabet rule; it never becomes a question mark.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from app.content.alphabet import GSM, is_gsm

_REPLACEMENTS = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u02bb\u0060\u00b4\u2039\u203a", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043", "-"),
    **dict.fromkeys("\u2022\u00b7\u2023\u25cf\u25aa", "-"),
    **dict.fromkeys("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007", " "),
    **dict.fromkeys("\u2008\u2009\u200a\u202f\u205f\u3000\t\x0b", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u2061\u2062\u2063\u180e", ""),
    **dict.fromkeys("\u2028\u2029", "\n"),
    "\u2026": "...",
    "\u00d7": "x",
    "\u00f7": "/",
    "\u2044": "/",
    "\u2122": "(TM)",
    "\u00ae": "(R)",
    "\u00a9": "(C)",
    "\u2116": "No.",
    "\u0153": "oe",
    "\u0152": "OE",
    "\u0131": "i",
    "\u0142": "l",
    "\u0141": "L",
    "\u0111": "d",
    "\u0110": "D",
    "\u00f0": "d",
    "\u00d0": "D",
    "\u00fe": "th",
    "\u00de": "Th",
    "\u1e9e": "SS",
    "\u00ad": "",
}


@dataclass(frozen=True, slots=True)
class Tidied:
    """The tidied text and every change, as (start, end, before, after) with the span in the original text."""

    text: str
    changes: tuple[tuple[int, int, str, str], ...]


def tidy(text: str) -> Tidied:
    """Replace what has an honest GSM 7-bit equivalent. Tidying twice changes nothing more.

    A base letter and its combining accents are one change; neighbouring changes are kept apart, so that each
    can be shown before and after.
    """
    if is_gsm(text):
        return Tidied(text, ())
    pieces: list[str] = []
    changes: list[tuple[int, int, str, str]] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        before = text[start:end]
        after = before if is_gsm(before) else _gsm_for(before)
        if after != before:
            changes.append((start, end, before, after))
        pieces.append(after)
        start = end
    return Tidied("".join(pieces), tuple(changes))


def replacement_for(character: str) -> str | None:
    """What `tidy` would put for one character that GSM lacks, or None when it has nothing honest to put."""
    after = _gsm_for(character)
    return after if is_gsm(after) else None


def _gsm_for(cluster: str) -> str:
    """The GSM equivalent of a letter with its accents, or the cluster itself when there is none."""
    composed = unicodedata.normalize("NFC", cluster)
    if is_gsm(composed):
        return composed
    if composed in _REPLACEMENTS:
        return _REPLACEMENTS[composed]
    base = [c for c in unicodedata.normalize("NFKD", cluster) if not unicodedata.combining(c)]
    plain = "".join(_REPLACEMENTS.get(c, c) for c in base)
    return plain if plain and set(plain) <= GSM else cluster
