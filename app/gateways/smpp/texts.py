"""A text as octets for submit_sm: GSM 7-bit or UCS-2, in one piece, in parts, or as a payload.

GSM text travels as the default alphabet (data_coding 0), a septet to an octet, an escape before each character of the
extension table. Parts carry a user data header with an 8-bit concatenation reference (3GPP TS 23.040, section
9.2.3.24.1), which leaves 153 septets or 134 octets of each; no escape pair and no surrogate pair is cut in two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from app.content.alphabet import is_gsm

# 3GPP TS 23.038, section 6.2.1, in the order of the codes; the escape stands at 0x1B.
_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
_ESCAPE: Final = 0x1B
_GSM: Final = {character: bytes((code,)) for code, character in enumerate(_BASIC) if code != _ESCAPE} | {
    character: bytes((_ESCAPE, code)) for character, code in _EXTENSION.items()
}

GSM_CODING: Final = 0
UCS2_CODING: Final = 8
_SINGLE: Final = {GSM_CODING: 160, UCS2_CODING: 140}
_PART: Final = {GSM_CODING: 153, UCS2_CODING: 134}
_MOST_PARTS: Final = 255


class TextTooLong(ValueError):
    """More parts than a concatenation header can count."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one submit_sm carries."""

    octets: bytes
    data_coding: int
    has_header: bool = False
    as_payload: bool = False


def pieces(text: str, reference: int, *, as_payload: bool) -> list[Piece]:
    """The pieces of a text, in order. `reference` (0 to 255) ties the parts of one message together.

    `as_payload` sends a long text in one piece, which the carrier cuts. Raises TextTooLong.
    """
    coding = GSM_CODING if is_gsm(text) else UCS2_CODING
    characters = _octets(text, coding)
    whole = b"".join(characters)
    if len(whole) <= _SINGLE[coding]:
        return [Piece(whole, coding)]
    if as_payload:
        if len(whole) > 0xFFFF:
            raise TextTooLong
        return [Piece(whole, coding, as_payload=True)]
    bodies = _cut(characters, _PART[coding])
    if len(bodies) > _MOST_PARTS:
        raise TextTooLong
    return [
        Piece(bytes((5, 0, 3, reference, len(bodies), number)) + body, coding, has_header=True)
        for number, body in enumerate(bodies, start=1)
    ]


def _octets(text: str, coding: int) -> list[bytes]:
    """Each character's octets, which stay together. A lone surrogate is no character, and becomes a question mark."""
    if coding == GSM_CODING:
        return [_GSM[character] for character in text]
    return [character.encode("utf-16-be", "replace") for character in text]


def _cut(characters: Iterable[bytes], room: int) -> list[bytes]:
    parts: list[bytes] = []
    part = bytearray()
    for octets in characters:
        if len(part) + len(octets) > room:
            parts.append(bytes(part))
            part.clear()
        part += octets
    parts.append(bytes(part))
    return parts
