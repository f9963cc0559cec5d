"""What a sender ID (SID) may be.

GSM carries at most 11 characters (3GPP TS 23.040, 9.1.2.5); this panel's routes take 10 unless set otherwise.
Letters, digits and single inner spaces or `& . - _` are what carriers pass unharmed.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache, lru_cache

from app.content.findings import Finding, Severity
from app.content.letters import pattern_key
from app.content.normalise import fold
from app.language import gettext, mark

GSM_LIMIT = 11
_LONG_NAME = 5
_WORDS = re.compile(r"[^ &.\-_]+")
# What stands together in a word without anything between: VisaHelp, ATO24; and its capitals by themselves: VISAcard.
_HUMPS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_CAPITALS = re.compile(r"[A-Z0-9]{2,}")
# What fraud puts before or after a name, in small letters too: mydhl, visacard.
_AROUND = """
my the info help card cards bank pay refund refunds team support alert alerts gov au uk nz sg id app online
secure verify login express parcel parcels post mail
"""
_ODD = re.compile(r"[^A-Za-z0-9 &.\-_]+")
_DOUBLED = re.compile(r"[ &.\-_]{2,}")
_EDGE = re.compile(r"^[ &.\-_]+|[ &.\-_]+$")
_IS = mark('"%(text)s" is the protected name "%(name)s".')
_LOOKS_LIKE = mark('"%(text)s" looks like the protected name "%(name)s".')
_CONTAINS = mark('"%(text)s" contains the protected name "%(name)s".')
_ALMOST = mark('"%(text)s" is one letter away from the protected name "%(name)s".')


def check_sender_id(sender_id: str, maximum: int = 10, protected: Collection[str] = ()) -> list[Finding]:
    """The findings against a sender ID, sorted by start; none when it may be used.

    `maximum` is the route's own limit, never over 11 (ValueError). `protected` are names that only their
    owner may use, which look-alikes (`AMAZ0N`) may not imitate either.
    """
    if not 1 <= maximum <= GSM_LIMIT:
        raise ValueError(f"A sender ID limit is 1 to {GSM_LIMIT} characters.")
    if not sender_id.strip():
        message, advice = (
            gettext("The sender ID is empty."),
            gettext("Enter the name that the message comes from."),
        )
        return [Finding("sid_empty", Severity.BLOCK, 0, len(sender_id), sender_id, message, advice)]
    findings = [*_length(sender_id, maximum), *_characters(sender_id), *_protected(sender_id, protected)]
    return sorted(findings, key=lambda finding: (finding.start, finding.end))


def _block(rule: str, text: str, start: int, end: int, message: str, advice: str) -> Finding:
    return Finding(rule, Severity.BLOCK, start, end, text[start:end], message, advice)


def _length(text: str, maximum: int) -> list[Finding]:
    if len(text) <= maximum:
        return []
    message = gettext(
        "The sender ID has %(text)s characters; this route takes %(maximum)s.",
        text=len(text),
        maximum=maximum,
    )
    return [_block("sid_too_long", text, maximum, len(text), message, gettext("Shorten it."))]


def _characters(text: str) -> list[Finding]:
    findings = []
    for match in _ODD.finditer(text):
        message = gettext('A sender ID cannot contain "%(match)s".', match=match[0])
        advice = gettext("Use letters, digits, spaces and & . - _ only.")
        findings.append(_block("sid_characters", text, *match.span(), message, advice))
    for pattern, message in (
        (_EDGE, gettext("A sender ID begins and ends with a letter or a digit.")),
        (
            _DOUBLED,
            gettext(
                "A sender ID has single spaces or special characters between its letters, not several together."
            ),
        ),
    ):
        for match in pattern.finditer(text):
            advice = gettext("Remove it.") if pattern is _EDGE else gettext("Leave one.")
            findings.append(_block("sid_spacing", text, *match.span(), message, advice))
    if not any(character.isalpha() for character in text):
        message = gettext("A sender ID of digits alone looks like a phone number.")
        findings.append(
            _block("sid_digits_only", text, 0, len(text), message, gettext("Add at least one letter."))
        )
    return findings


def _protected(text: str, protected: Collection[str]) -> list[Finding]:
    """The first protected name that the sender ID is, contains, or could be mistaken for."""
    for name in protected:
        likeness = _likeness(text, name)
        if likeness is not None:
            words, severity = likeness
            message = gettext(words, text=text, name=name)
            advice = gettext("Use your own name, or ask support to confirm that you may use this one.")
            return [Finding("sid_protected", severity, 0, len(text), text, message, advice)]
    return []


def _likeness(text: str, name: str) -> tuple[str, Severity] | None:
    """How the sender ID is like the name, as a sentence, or None. Only one letter off is left for staff to judge."""
    seen, guarded = _look(text), _look(name)
    if not guarded:
        return None
    if seen == guarded:
        return (_IS if text.casefold() == name.casefold() else _LOOKS_LIKE), Severity.BLOCK
    if (
        guarded in _parts(text)
        or (len(guarded) >= _LONG_NAME and guarded in seen)
        or _is_dressed_up(seen, guarded)
    ):
        return _CONTAINS, Severity.BLOCK
    if len(guarded) >= _LONG_NAME and _one_apart(seen, guarded):
        return _ALMOST, Severity.HOLD
    return None


def _look(name: str) -> str:
    """A name by its shapes: look-alike letters, digits for letters, `rn` for m and `vv` for w made one."""
    plain = fold(name).text.replace("rn", "m").replace("vv", "w")
    return pattern_key(plain)


@lru_cache(maxsize=64)
def _parts(text: str) -> frozenset[str]:
    """The looks of the words that a reader finds in it, also where nothing stands between them."""
    parts = set(_CAPITALS.findall(text))
    for word in _WORDS.findall(text):
        humps = _HUMPS.findall(word)
        parts |= {word, *("".join(humps[i:end]) for end in range(1, len(humps) + 1) for i in range(end))}
    return frozenset(map(_look, parts))


@cache
def _dresses() -> tuple[str, ...]:
    return tuple(map(_look, _AROUND.split()))


def _is_dressed_up(seen: str, guarded: str) -> bool:
    """Whether it is the name with one of the words that fraud puts around names."""
    if guarded not in seen:
        return False
    return any(seen in (guarded + word, word + guarded) for word in _dresses())


def _one_apart(one: str, other: str) -> bool:
    """Whether a letter more, less, changed or swapped with its neighbour makes one of the other."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1 or one == other:
        return False
    start = next((i for i, letter in enumerate(one) if letter != other[i]), len(one))
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    swapped = one[start : start + 2] == other[start : start + 2][::-1]
    return one[start + 1 :] == other[start + 1 :] or (swapped and one[start + 2 :] == other[start + 2 :])
