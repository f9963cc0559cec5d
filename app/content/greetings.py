"""Where `hi`, `hello` and `hey` are no greeting: hi-fi speakers, a postcode in Hawaii, an e-mail address."""

from __future__ import annotations

import re

from app.content.normalise import Folded
from app.content.words import Hit

_HI_COMPOUND = re.compile(r"[-/ ]?(?:fi|vis|viz|tech|res|def|lo|hat|top|low|rise|speed|lite|flex)\b(?!\w)")
_HAWAII = re.compile(r"\s+96[78]\d\d\b")
_ADDRESS = re.compile(r"@[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]{2,}")
_SPOKEN_TO = re.compile(r"\s*(?:[,!.]|there|every|all|dear|friend|guys|team)")
_NAMED = re.compile(r"\s+[A-Z{]")
_NUMBERED = re.compile(r"(?<![a-z0-9])h[02-9]\b")


def is_greeting(folded: Folded, hit: Hit, word: str) -> bool:
    """Whether the word found there greets somebody."""
    text = folded.text
    if _ADDRESS.match(text, hit.end) and hit.literal:
        return False
    if word != "hi":
        return True
    if text[hit.start : hit.end] == "h1":
        return _greets_with_a_digit(folded, hit)
    if hit.literal and _HI_COMPOUND.match(text, hit.end):
        return False
    written = folded.original[folded.origins[hit.start] : folded.origins[hit.end - 1] + 1]
    return not (written == "HI" and _HAWAII.match(text, hit.end))


def _greets_with_a_digit(folded: Folded, hit: Hit) -> bool:
    """Whether `h1` greets: a capital one may be a seat or a half-year, unless somebody is spoken to."""
    if folded.original[folded.origins[hit.start]] != "H":
        return True
    if _NUMBERED.search(folded.text):
        return False
    named = hit.start == 0 and _NAMED.match(folded.original, folded.origins[hit.end - 1] + 1)
    return bool(named) or _SPOKEN_TO.match(folded.text, hit.end) is not None
