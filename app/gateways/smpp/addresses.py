"""Type of number and numbering plan, by what an address looks like (SMPP 3.4, sections 5.2.5 and 5.2.6)."""

from __future__ import annotations

from typing import Final

from app.gateways.smpp.pdu import Address

_UNKNOWN: Final = (0, 0)
_INTERNATIONAL: Final = (1, 1)  # E.164
_SHORT: Final = (3, 0)  # network specific
_ALPHANUMERIC: Final = (5, 0)
_LONGEST_SHORT: Final = 6
_LONGEST: Final = 20


def source_address(sender_id: str) -> Address:
    """Letters are alphanumeric, up to six digits a short code, more of them international; empty is the carrier's
    own. Raises ValueError for what no submit_sm can carry.
    """
    if not sender_id:
        return Address(*_UNKNOWN, "")
    digits = sender_id.removeprefix("+")
    if not sender_id.isascii() or not sender_id.isprintable() or len(digits) > _LONGEST:
        raise ValueError("The sender ID has characters that SMPP cannot carry, or too many.")
    if not digits.isdigit():
        return Address(*_ALPHANUMERIC, sender_id)
    if len(digits) <= _LONGEST_SHORT and digits == sender_id:
        return Address(*_SHORT, digits)
    return Address(*_INTERNATIONAL, digits)


def destination_address(e164: str) -> Address:
    """International, without its plus. Raises ValueError for what is no number."""
    digits = e164.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST):
        raise ValueError("This is no phone number.")
    return Address(*_INTERNATIONAL, digits)
