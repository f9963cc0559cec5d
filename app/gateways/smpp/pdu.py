"""Protocol data units: the few that a sending client needs, in bytes and out of them (SMPP 3.4, sections 4 and 5)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

HEADER_SIZE: Final = 16
LONGEST_PDU: Final = 70_000  # a message_payload of 64 KiB, and its fields
RESPONSE: Final = 0x80000000
LAST_SEQUENCE: Final = 0x7FFFFFFF
_HEADER: Final = struct.Struct("!IIII")
_TLV: Final = struct.Struct("!HH")
_INTERFACE_VERSION: Final = 0x34


class Command(IntEnum):
    """Section 5.1.2.1. An answer has the request's number with the highest bit set."""

    BIND_TRANSMITTER = 0x02
    SUBMIT_SM = 0x04
    DELIVER_SM = 0x05
    UNBIND = 0x06
    BIND_TRANSCEIVER = 0x09
    ENQUIRE_LINK = 0x15
    ALERT_NOTIFICATION = 0x102
    GENERIC_NACK = 0x80000000


class Tag(IntEnum):
    """Optional parameters, section 5.3.2."""

    RECEIPTED_MESSAGE_ID = 0x001E
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class PduError(Exception):
    """The bytes are no protocol data unit, or not one of the shape that its command has."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """One unit. `status` is 0 in a request."""

    command: int
    status: int
    sequence: int
    body: bytes = b""

    def encode(self) -> bytes:
        size = HEADER_SIZE + len(self.body)
        return _HEADER.pack(size, self.command, self.status, self.sequence) + self.body


@dataclass(frozen=True, slots=True)
class Address:
    """An address with its type of number and numbering plan, sections 5.2.5 to 5.2.8."""

    ton: int
    npi: int
    digits: str

    def encode(self) -> bytes:
        return bytes((self.ton, self.npi)) + c_string(self.digits)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What we read of a deliver_sm: class, text, optional parameters (the first of each tag), sender."""

    esm_class: int
    data_coding: int
    text: bytes
    tlvs: Mapping[int, bytes]
    source: Address = Address(0, 0, "")


def c_string(text: str) -> bytes:
    """A C-octet string. Raises UnicodeEncodeError for what is not ASCII, ValueError for a null in it."""
    if "\0" in text:
        raise ValueError("A C-octet string ends at its first null.")
    return text.encode("ascii") + b"\0"


def decode_header(header: bytes) -> tuple[int, Pdu]:
    """The body's length, and the unit without its body. Raises PduError for a length that cannot be."""
    size, command, status, sequence = _HEADER.unpack(header)
    if not HEADER_SIZE <= size <= LONGEST_PDU:
        raise PduError(f"A unit of {size} bytes.")
    return size - HEADER_SIZE, Pdu(command, status, sequence)


def bind_body(system_id: str, password: str, system_type: str) -> bytes:
    """Section 4.1.1; no range of addresses, since one session serves the route."""
    names = c_string(system_id) + c_string(password) + c_string(system_type)
    return names + bytes((_INTERFACE_VERSION, 0, 0)) + c_string("")


def submit_body(
    source: Address,
    destination: Address,
    octets: bytes,
    *,
    data_coding: int,
    has_header: bool = False,
    as_payload: bool = False,
    wants_receipt: bool = True,
) -> bytes:
    """Section 4.4.1: service type and times are left to the carrier's defaults."""
    esm_class = 0x40 if has_header else 0
    fields = b"\0" + source.encode() + destination.encode() + bytes((esm_class, 0, 0)) + b"\0\0"
    fields += bytes((1 if wants_receipt else 0, 0, data_coding, 0))
    if as_payload:
        return fields + b"\0" + _TLV.pack(Tag.MESSAGE_PAYLOAD, len(octets)) + octets
    return fields + bytes((len(octets),)) + octets


def message_id(body: bytes) -> str:
    """The id in a submit_sm_resp, section 4.4.2; empty when there is none. Raises PduError."""
    return _Fields(body).text(65) if body else ""


def read_delivery(body: bytes) -> Delivery:
    """Section 4.6.1. Raises PduError."""
    fields = _Fields(body)
    fields.text(6)
    source, _destination = fields.address(), fields.address()
    esm_class = fields.octets(3)[0]
    fields.text(17)
    fields.text(17)
    _registered, _replace, data_coding, _default, length = fields.octets(5)
    text = fields.octets(length)
    tlvs = fields.tlvs()
    return Delivery(esm_class, data_coding, text or tlvs.get(Tag.MESSAGE_PAYLOAD, b""), tlvs, source)


class _Fields:
    """Takes one field after the other from a body."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def octets(self, count: int) -> bytes:
        found = self._body[self._at : self._at + count]
        if len(found) != count:
            raise PduError("A unit ends within a field.")
        self._at += count
        return found

    def text(self, most: int) -> str:
        """A C-octet string of at most `most` bytes with its end; a good deal more is taken, as carriers do it."""
        end = self._body.find(b"\0", self._at, self._at + most + 100)
        if end < 0:
            raise PduError("A text in a unit does not end.")
        found = self._body[self._at : end]
        self._at = end + 1
        return found.decode("latin-1")

    def address(self) -> Address:
        ton, npi = self.octets(2)
        return Address(ton, npi, self.text(21))

    def tlvs(self) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        while self._at < len(self._body):
            tag, length = _TLV.unpack(self.octets(_TLV.size))
            found.setdefault(tag, self.octets(length))
        return found
