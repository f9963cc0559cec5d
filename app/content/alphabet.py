"""The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, formerly GSM 03.38, section 6.2.1).

A character of the basic table takes one septet; one of the extension table takes two, an escape and the
character's own. The escape itself is no character, and the backtick is in neither table.
"""

from __future__ import annotations

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
GSM = BASIC | EXTENSION


def is_gsm(text: str) -> bool:
    """Whether every character of the text is in the GSM 7-bit alphabet or its extension table."""
    return GSM.issuperset(text)


def septets(text: str) -> int:
    """The septets that the text takes: one for a basic character, two for one of the extension table.

    Raises ValueError for a text outside the alphabet, which has no length in septets.
    """
    if BASIC.issuperset(text):
        return len(text)
    if not GSM.issuperset(text):
        start, _, character = outside(text)[0]
        raise ValueError(f"{character!r} at position {start} is not in the GSM 7-bit alphabet")
    return len(text) + sum(text.count(character) for character in EXTENSION)


def outside(text: str) -> list[tuple[int, int, str]]:
    """The characters that GSM 7-bit cannot carry, each as (start, end, character), in order."""
    if GSM.issuperset(text):
        return []
    return [(i, i + 1, character) for i, character in enumerate(text) if character not in GSM]
