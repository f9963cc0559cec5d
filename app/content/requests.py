"""Requests that some countries forbid in messages: for personal data, and to call or text a number back."""

from __future__ import annotations

import re

_GIVE = (
    r"(?:send|reply|give|provide|submit|enter|confirm|verify|update|share|tell|text|forward|sms|whatsapp"
    r"|fill in|key in|need|require|upload)"
)
_PRIVATE = (
    r"(?:password|passcode|pass code|pin(?: (?:code|number|no))?|otp|tac(?: (?:code|number))?|cvv|cvc"
    r"|one[- ]time (?:password|code|pin)|security code|verification code"
    r"|(?:(?:identity|ic|i\.c\.|nric|mykad|passport|id|social security|medicare"
    r"|tax file|driver'?s? licen[cs]e)(?: card)?(?: (?:number|no\.?|details|copy|photo|card))?)"
    r"|(?:(?:bank|credit|debit|card|account|atm|payment|login|log-in)"
    r"(?: (?:card|account|login))?(?: (?:number|no\.?|details|info(?:rmation)?|pin|credentials|card)))"
    r"|date of birth|birth ?date|mother'?s maiden name|home address"
    r"|personal (?:data|details|information|info)|user ?name|username|login id)"
)
_PERSONAL_DATA = re.compile(
    rf"\b{_GIVE}\b(?:\s+(?!(?:no|never|not|without)\b)[\w'&,]+){{0,5}}?\s+(?:with\s+)?{_PRIVATE}\b"
    rf"|\bwhat is your {_PRIVATE}\b"
)
_NUMBER = r"\+?\(?\d(?:[\s().\-]{0,2}\d){6,14}(?!\d)"
_CALL_BACK = re.compile(rf"(?<![\d.,$#])(?:{_NUMBER})(?![\d%])")
_SHORT_CODE = re.compile(
    r"\b(?:call|dial|ring|phone|text|sms|whatsapp|telephone|hotline|tel)\b(?:\s?(?:us|now|me|back|on|at|to|the"
    r"|number|no|is|free|our|team|today|[:.])){0,5}\s*:?\s*(\+?\d[\d\s\-]{2,14}\d)"
)
_NOT_CALLED = re.compile(
    r"(?:\b(?:code|ref|reference|order|invoice|abn|acn|no|voucher|booking|licence|licen[cs]e"
    r"|permit|reg|id)\b\.?:?\s*(?:no\.?|number|#)?:?\s*)$"
)

_DATE = re.compile(
    r"\d{1,2}[.\-]\d{1,2}[.\-](?:20)?\d\d|(?:19|20)\d\d[.\-]\d\d[.\-]\d\d"
    r"|(?:19|20)\d\d\s?-\s?(?:19|20)\d\d|\d{1,2}\.\d\d\s?-\s?\d{1,2}\.\d\d"
)


def personal_data(folded: str) -> list[tuple[int, int]]:
    """The spans that ask for personal data, such as `reply with your IC number`."""
    return [match.span() for match in _PERSONAL_DATA.finditer(folded)]


def call_back(folded: str) -> list[tuple[int, int]]:
    """The spans of numbers to call or text: seven digits or more, or any after `call`, `text` and the like.

    A number named as a code, an order or a registration is none, and neither is a price or a date.
    """
    spans = {match.span(1) for match in _SHORT_CODE.finditer(folded)}
    for match in _CALL_BACK.finditer(folded):
        called = any(start <= match.start() < end for start, end in spans)
        if called or _is_date(match[0]) or _NOT_CALLED.search(folded[: match.start()][-40:]):
            continue
        spans.add(match.span())
    return sorted(spans)


def _is_date(number: str) -> bool:
    """Whether the digits are a date, or a range of years or of hours, rather than a phone number."""
    return _DATE.fullmatch(number) is not None
