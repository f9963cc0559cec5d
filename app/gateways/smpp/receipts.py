"""Delivery receipts in deliver_sm: optional parameters where the carrier sends them, else the text of appendix B."""

from __future__ import annotations

from typing import Final, Literal

from app.gateways.base import DeliveryReport, ReportStatus, UnreadableReceipt
from app.gateways.errors import ErrorCode
from app.gateways.receipt_text import STATES, ReceiptText, network_error
from app.gateways.smpp.pdu import Delivery, Tag
from app.gateways.smpp.texts import UCS2_CODING

# How a carrier writes the ids in its answers and in its receipts.
IdForms = Literal["same", "hex/decimal", "decimal/hex"]
ID_FORMS: Final = ("same", "hex/decimal", "decimal/hex")
_BASES: Final[dict[str, tuple[int, int]]] = {"hex/decimal": (16, 10), "decimal/hex": (10, 16)}

# The message type in esm_class, section 5.2.12: a receipt, or a notification on the way to one.
_TYPE: Final = 0x3C
_RECEIPT: Final = 0x04
_INTERMEDIATE: Final = 0x20

# Section 5.2.28, and 0 and 9 of SMPP 5.0.
_STATE_NAMES: Final = dict(
    enumerate(
        (
            "SCHEDUL",
            "ENROUTE",
            "DELIVRD",
            "EXPIRED",
            "DELETED",
            "UNDELIV",
            "ACCEPTD",
            "UNKNOWN",
            "REJECTD",
            "SKIPPED",
        )
    )
)
_LONGEST_ID: Final = 100


def answered_id(given: str, forms: IdForms) -> str:
    """The id in an answer, in the form that we keep."""
    return _decimal(given, _BASES[forms][0]) if forms in _BASES else given


def receipted_id(given: str, forms: IdForms) -> str:
    """The id in a receipt, in the form that we keep."""
    return _decimal(given, _BASES[forms][1]) if forms in _BASES else given


def read_report(delivery: Delivery, forms: IdForms) -> DeliveryReport | None:
    """The receipt; none for a text that somebody sent to us. Raises UnreadableReceipt."""
    if delivery.esm_class & _TYPE not in (_RECEIPT, _INTERMEDIATE) and not _has_receipt_tlvs(delivery):
        return None
    words = ReceiptText.read(_decoded(delivery))
    tlv_id = delivery.tlvs.get(Tag.RECEIPTED_MESSAGE_ID, b"").split(b"\0")[0].decode("latin-1").strip()
    gateway_id = receipted_id(tlv_id or words.gateway_id, forms)
    # Printable, because one that no database takes would keep all others of its batch from being stored.
    if not 0 < len(gateway_id) <= _LONGEST_ID or not gateway_id.isprintable():
        raise UnreadableReceipt("The receipt names no message.")
    tlv_state = delivery.tlvs.get(Tag.MESSAGE_STATE, b"")
    state = _STATE_NAMES.get(tlv_state[0], "") if tlv_state else words.state
    if state not in STATES:
        raise UnreadableReceipt("The receipt has no state that we know.")
    status, code = STATES[state]
    if delivery.esm_class & _TYPE == _INTERMEDIATE and status is not ReportStatus.DELIVERED:
        status, code = ReportStatus.BUFFERED, None
    if code is ErrorCode.UNDELIVERABLE:
        code = _network_code(delivery) or network_error(words.error) or code
    return DeliveryReport(gateway_id, status, None, code)


def _has_receipt_tlvs(delivery: Delivery) -> bool:
    return Tag.RECEIPTED_MESSAGE_ID in delivery.tlvs and Tag.MESSAGE_STATE in delivery.tlvs


def _network_code(delivery: Delivery) -> ErrorCode | None:
    """Section 5.3.2.31: the kind of network, then the error in two octets."""
    octets = delivery.tlvs.get(Tag.NETWORK_ERROR_CODE, b"")
    return network_error(str(int.from_bytes(octets[1:3], "big"))) if len(octets) == 3 else None


def _decoded(delivery: Delivery) -> str:
    if delivery.data_coding == UCS2_CODING:
        return delivery.text.decode("utf-16-be", "replace")
    return delivery.text.decode("latin-1")


def _decimal(given: str, base: int) -> str:
    """The id as a decimal number; as it stands where it is no number in its base."""
    try:
        return str(int(given, base))
    except ValueError:
        return given
