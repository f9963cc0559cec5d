"""Texts from phones in deliver_sm. Of these only the wish to hear no more is taken; no text is kept or logged."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import structlog

from app.content.stop_words import asks_to_stop
from app.gateways.base import OptOut
from app.gateways.smpp.pdu import Address, Delivery
from app.gateways.smpp.texts import UCS2_CODING

log = structlog.get_logger()

# Sections 5.2.12 and 5.2.5.
_TYPE: Final = 0x3C
_HAS_HEADER: Final = 0x40
_UNKNOWN: Final = 0
_INTERNATIONAL: Final = 1
_FEWEST_DIGITS: Final = 7
_MOST_DIGITS: Final = 15  # E.164


def read_stop(delivery: Delivery, now: datetime) -> OptOut | None:
    """The wish to stop, as of `now` (UTC); none for any other text, and for a receipt.

    The number is the sender's, international whether the carrier says so or does not say. A stop from what is no
    such number is lost to us, and only logged.
    """
    if delivery.esm_class & _TYPE or not asks_to_stop(_text(delivery)):
        return None
    e164 = _e164(delivery.source)
    if e164 is None:
        log.warning("stop_without_number", ton=delivery.source.ton)
        return None
    return OptOut(e164, stop=True, at=now)


def _text(delivery: Delivery) -> str:
    """Of letters and digits, ASCII and the default alphabet have the same."""
    octets = delivery.text
    if delivery.esm_class & _HAS_HEADER and octets:
        octets = octets[octets[0] + 1 :]
    if delivery.data_coding == UCS2_CODING:
        return octets.decode("utf-16-be", "replace")
    return octets.decode("latin-1")


def _e164(source: Address) -> str | None:
    digits = source.digits.removeprefix("+")
    if source.ton == _UNKNOWN:
        digits = digits.removeprefix("00")
    known = source.ton in (_INTERNATIONAL, _UNKNOWN) and digits.isascii() and digits.isdigit()
    if not known or digits.startswith("0") or not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
        return None
    return f"+{digits}"
