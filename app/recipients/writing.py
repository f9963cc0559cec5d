"""How people and programs write numbers, and back to digits: spaces, brackets, apostrophes, 6.14E+10."""

import re
import unicodedata
from typing import Final

from app.language import gettext

REASONS: Final = {
    "empty": "nothing is written",
    "not_a_number": "letters or other signs",
    "scientific": "a spreadsheet shortened the number, and digits are lost",
    "formula": "a formula without a saved result",
    "date": "a spreadsheet took the number for a date",
    "several_numbers": "more than one number in a cell",
    "extension": "a telephone extension",
    "local_format": "the country code is missing",
    "unknown_country": "no country has this code",
    "too_short": "digits are missing",
    "too_long": "too many digits",
    "impossible": "no such number can exist",
    "landline": "takes no text messages",
    "premium": "a premium-rate, shared-cost or personal number",
    "toll_free": "a toll-free service number",
    "voip": "an internet telephony number",
    "not_mobile": "a pager, access or voicemail number",
    "blocked_country": "the destination is not open to the account",
    "duplicate": "the number stands in an earlier row",
    "suppressed": "the number is on a suppression list",
}

LONGEST_WRITTEN: Final = 250
"""Characters; no number is written longer, and the patterns below need not meet what is."""

_PLAIN = re.compile(r"\+?([1-9][0-9]{6,14})")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?\s*[eE]\s*[+-]?[0-9]+")
_WHOLE_DECIMAL = re.compile(r"(\+?[0-9]+)[.,]0+")
_THOUSANDS = re.compile(r"\+?[0-9]{1,3}(?:,[0-9]{3})+")
_EXTENSION = re.compile(
    r"[0-9)]\s*(?:,|;|#|\b(?:ext(?:ension|n)?|x)\b\.?:?|x)\s*#?\s*([0-9]{1,6})", re.IGNORECASE
)
_SCHEME = re.compile(r"(?:tel|sms|smsto|whatsapp|callto):(?://)?", re.IGNORECASE)
_FORMULA_TEXT = re.compile(r'=\s*"([^"]*)"')
_SPLITTERS = re.compile(r"[,;|/&\n\r\t]|\bor\b|\band\b", re.IGNORECASE)
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe0e\ufe0f]")
_SEPARATORS = re.compile("[\\s.()\\[\\]/_~\u00b7\u2022\u2010-\u2015\u2212\u2043\u30fc-]")
_DIGITS = re.compile(r"(\+?)([0-9]+)")
_QUOTES = "'`´‘’‚‛\"“”„"


class NumberRejected(Exception):
    """A number that cannot be sent to. ``reason`` is a key of ``REASONS``; ``message`` says how to fix it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def international_digits(raw: str) -> tuple[str, bool]:
    """The digits of an international number, country code first, and whether more than a ``+`` was tidied.

    Raises ``NumberRejected`` where the text is not one international number.
    """
    plain = _PLAIN.fullmatch(raw)
    if plain is not None:
        return plain[1], False
    if len(raw) > LONGEST_WRITTEN:
        raise _no_number()
    text = _unwrapped(raw)
    _refuse_other_things(text)
    plus, digits = _bare(text)
    if not plus and digits.startswith("00") and not digits.startswith("0011"):
        digits = digits[2:]
    _refuse_lengths(digits)
    return digits, True


def looks_like_number(text: str) -> bool:
    """Whether a cell was meant as a phone number, valid or not: seven digits or more and little else."""
    if len(text) > LONGEST_WRITTEN:
        return False
    try:
        unwrapped = _unwrapped(text)
        return bool(_SCIENTIFIC.fullmatch(unwrapped)) or 7 <= len(_bare(unwrapped)[1]) <= 17
    except NumberRejected:
        return False


def _unwrapped(raw: str) -> str:
    """Without what surrounds a number: invisible marks, apostrophes, ``="…"``, ``tel:``, a last ``.0``."""
    text = raw if raw.isascii() else _INVISIBLE.sub("", unicodedata.normalize("NFKC", raw))
    text = text.strip()
    formula = _FORMULA_TEXT.fullmatch(text)
    if formula is not None:
        text = formula[1]
    text = text.strip(_QUOTES + " \t\r\n\u00a0")
    text = _SCHEME.sub("", text, count=1) if _SCHEME.match(text) else text
    whole = _WHOLE_DECIMAL.fullmatch(text)
    if whole is not None:
        return whole[1]
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text


def _refuse_other_things(text: str) -> None:
    """Raises ``NumberRejected`` for what is not a number, or not just one."""
    if not text:
        raise NumberRejected(
            "empty", gettext("The number is missing. Write it with its country code, or remove the row.")
        )
    if _SCIENTIFIC.fullmatch(text):
        raise NumberRejected(
            "scientific",
            gettext(
                "The spreadsheet shortened this number to %(text)s, and its last digits are lost. "
                "Format the column as text, enter the number again, and save.",
                text=text[:20],
            ),
        )
    if holds_several(text):
        raise NumberRejected(
            "several_numbers", gettext("There is more than one number here. Put each in a row of its own.")
        )
    if _EXTENSION.search(text):
        raise NumberRejected(
            "extension",
            gettext("This number has an extension, which cannot be texted. Use a mobile number without one."),
        )


def holds_several(text: str) -> bool:
    """Whether a text holds two or more numbers that are each complete."""
    pieces = [piece for piece in _SPLITTERS.split(text) if _digit_count(piece) >= 7]
    if len(pieces) > 1:
        return True
    words = text.split()
    return len(words) > 1 and sum(_PLAIN.fullmatch(word) is not None for word in words) > 1


def _digit_count(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _bare(text: str) -> tuple[bool, str]:
    """Whether there is a ``+``, and the digits. A ``(0)`` after the country code is left out."""
    if text.startswith(("+", "00", "(+", "(00")):
        text = text.replace("(0)", "")
    match = _DIGITS.fullmatch(_SEPARATORS.sub("", text))
    if match is None:
        raise _no_number()
    return bool(match[1]), match[2]


def _no_number() -> NumberRejected:
    return NumberRejected(
        "not_a_number",
        gettext("This is not a phone number. Write digits with the country code first, as in +61412345678."),
    )


def _refuse_lengths(digits: str) -> None:
    """Raises ``NumberRejected`` for what no country's rules are needed to refuse."""
    if digits.startswith("0011"):
        raise NumberRejected(
            "local_format",
            gettext(
                "This begins with 0011, which only dials out of Australia. Write + in its place, as "
                "in +61412345678."
            ),
        )
    if digits.startswith("0"):
        raise NumberRejected(
            "local_format",
            gettext(
                "The country code is missing: put it in place of the leading 0, for example "
                "0412345678 in Australia becomes +61412345678."
            ),
        )
    if len(digits) < 7:
        raise NumberRejected(
            "too_short",
            gettext(
                "A full number has at least 7 digits with its country code; here are %(digits)s. Add "
                "what is missing.",
                digits=len(digits),
            ),
        )
    if len(digits) > 15:
        raise NumberRejected(
            "too_long",
            gettext(
                "A number has at most 15 digits with its country code; here are %(digits)s. Remove "
                "what does not belong, or split the cell if it holds two numbers.",
                digits=len(digits),
            ),
        )
