"""Texts from phones in deliver_sm. Of these only the wish to hear no more is taken; no text is kept or logged."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from app.gateways.base import OptOut
from app.gateways.replies import stop_of
from app.gateways.smpp.pdu import Delivery
from app.gateways.smpp.texts import UCS2_CODING

# Sections 5.2.12 and 5.2.5.
_TYPE: Final = 0x3C
_HAS_HEADER: Final = 0x40
_UNKNOWN: Final = 0
_INTERNATIONAL: Final = 1


def read_stop(delivery: Delivery, now: datetime) -> OptOut | None:
    """The wish to stop, as of `now` (UTC); none for any other text, and for a receipt.

    The number is the sender's, international whether the carrier says so or does not say.
    """
    if delivery.esm_class & _TYPE:
        return None
    source = delivery.source
    return stop_of(source.digits if source.ton in (_INTERNATIONAL, _UNKNOWN) else "", _text(delivery), now)


def _text(delivery: Delivery) -> str:
    """Of letters and digits, ASCII and the default alphabet have the same."""
    octets = delivery.text
    if delivery.esm_class & _HAS_HEADER and octets:
        octets = octets[octets[0] + 1 :]
    if delivery.data_coding == UCS2_CODING:
        return octets.decode("utf-16-be", "replace")
    return octets.decode("latin-1")
