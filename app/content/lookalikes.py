"""Which plain letter a character stands for in a reader's eye.

The Unicode confusables (UTS #39, as packaged by confusable-homoglyphs) know letters that look the same. This
adds what they leave out because it only looks similar: small capitals, Greek and Cyrillic letters used for
their shape, turned letters, and enclosed letters without a compatibility decomposition.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

_SHAPES = {
    "a": "ΛλΔαɐᴀɑ",
    "b": "вʙßᏏ",
    "c": "ᴄсɔςϲ",
    "d": "ᴅԁδ",
    "e": "ΞξΣεєɛǝᴇɘεэ",
    "f": "ꜰƒɟ",
    "g": "ɢɡƃԍ",
    "h": "ʜнɥћһɦħĦⱨ",
    "i": "ɪιıᴉΙ",
    "j": "ᴊɾ",
    "k": "ᴋкκĸʞ",
    "l": "ʟłŁɭ",
    "m": "ᴍмɯʍ",
    "n": "ɴηиΠπпᴎ",
    "o": "ᴏΘΩΦθωφσøØ¤",
    "p": "ᴘρþ",
    "q": "ǫ",
    "r": "ʀΓгɹя",
    "s": "ꜱѕƨ",
    "t": "ᴛтτʇ",
    "u": "ᴜυμʌ",
    "v": "ᴠν",
    "w": "ᴡшщωѡ",
    "x": "χхж×",
    "y": "ʏΨψγуʎч",
    "z": "ᴢζ",
}
_ENCLOSED_STARTS = (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)


@cache
def _shape_table() -> dict[str, str]:
    """The confusables that stand for one ASCII letter or digit, with our shapes over them."""
    from confusable_homoglyphs.confusables import confusables_data  # 8 MB, which plain ASCII never needs

    table: dict[str, str] = {}
    for character, entries in confusables_data.items():
        if len(character) != 1 or character.isascii() or _is_east_asian(character):
            continue
        plain = [entry["c"] for entry in entries if entry["c"].isascii() and entry["c"].isalnum()]
        if plain and len(plain[0]) == 1:
            capital_i = plain[0] == "l" and unicodedata.category(character) == "Lu"
            table[character] = "i" if capital_i else plain[0].lower()
    for letter, characters in _SHAPES.items():
        table.update(dict.fromkeys(characters, letter))
    for first in _ENCLOSED_STARTS:
        table.update({chr(first + i): chr(ord("a") + i) for i in range(26)})
    return table


def _is_east_asian(character: str) -> bool:
    return "\u2e80" <= character <= "\ua48f" or "\uac00" <= character <= "\ud7ff" or character >= "\U00020000"


@lru_cache(maxsize=16_384)
def plain_letters(character: str) -> str:
    """What one character reads as: lower-case letters, itself, or nothing when it is invisible.

    Compatibility forms, case and accents are undone first; a second call on the answer changes nothing.
    """
    if character.isascii():
        return character.lower()
    seen = character
    for _ in range(6):
        after = "".join(_one_step(c) for c in seen)
        if after == seen:
            break
        seen = after
    return seen


def _one_step(character: str) -> str:
    if character.isascii():
        return character.lower()
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf") or character in "\u115f\u1160\u3164\uffa0\u034f":
        return ""
    if category == "Zs":
        return " "
    if category in ("Zl", "Zp"):
        return "\n"
    shape = _shape_table().get(character)
    if shape is not None:
        return shape
    decomposed = unicodedata.normalize("NFKD", character)
    if decomposed == character:
        return character.casefold()
    return "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Me"))
