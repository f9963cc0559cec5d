"""Receipts in the forms that carriers use, and units that are none of ours to understand."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gateways.base import DeliveryReport, ReportStatus, UnreadableReceipt
from app.gateways.smpp.pdu import HEADER_SIZE, Delivery, PduError, decode_header, message_id, read_delivery
from app.gateways.smpp.receipts import IdForms, answered_id, read_report, receipted_id

FORM = "id:{} sub:001 dlvrd:001 submit date:2603011200 done date:2603011201 stat:{} err:{} Text:stat:DELIVRD"
ID, STATE, NETWORK = 0x1E, 0x427, 0x423


def read(
    text: str | bytes = b"", forms: IdForms = "same", esm_class: int = 4, **given: object
) -> DeliveryReport | None:
    tlvs = {
        {"id": ID, "state": STATE, "network": NETWORK}[name]: value
        for name, value in given.items()
        if name != "coding"
    }
    octets = text.encode("latin-1") if isinstance(text, str) else text
    return read_report(Delivery(esm_class, int(str(given.get("coding", 0))), octets, tlvs), forms)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stat", "err", "status", "code"),
    [
        ("DELIVRD", "000", ReportStatus.DELIVERED, None),
        ("DELIVERED", "000", ReportStatus.DELIVERED, None),
        ("ENROUTE", "000", ReportStatus.BUFFERED, None),
        ("ACCEPTD", "000", ReportStatus.BUFFERED, None),
        ("UNKNOWN", "000", ReportStatus.BUFFERED, None),
        ("EXPIRED", "000", ReportStatus.FAILED, "expired"),
        ("DELETED", "000", ReportStatus.FAILED, "deleted"),
        ("UNDELIV", "001", ReportStatus.FAILED, "unknown_subscriber"),
        ("UNDELIV", "27", ReportStatus.FAILED, "absent_subscriber"),
        ("UNDELIV", "99a", ReportStatus.FAILED, "undeliverable"),
        ("REJECTD", "001", ReportStatus.FAILED, "blocked_by_carrier"),
        ("undeliv", "1", ReportStatus.FAILED, "unknown_subscriber"),
    ],
)
def test_the_text_form(stat: str, err: str, status: ReportStatus, code: str | None) -> None:
    assert read(FORM.format("a1", stat, err)) == DeliveryReport("a1", status, None, code)


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        (1, ReportStatus.BUFFERED, None),
        (2, ReportStatus.DELIVERED, None),
        (3, ReportStatus.FAILED, "expired"),
        (4, ReportStatus.FAILED, "deleted"),
        (5, ReportStatus.FAILED, "undeliverable"),
        (6, ReportStatus.BUFFERED, None),
        (7, ReportStatus.BUFFERED, None),
        (8, ReportStatus.FAILED, "blocked_by_carrier"),
    ],
)
def test_the_optional_parameters(state: int, status: ReportStatus, code: str | None) -> None:
    assert read(id=b"a1\0", state=bytes((state,))) == DeliveryReport("a1", status, None, code)
    # Some carriers forget to say in the class what it is.
    assert read(esm_class=0, id=b"a1", state=bytes((state,))) == DeliveryReport("a1", status, None, code)


def test_parameters_count_for_more_than_the_text() -> None:
    report = read(FORM.format("old", "ENROUTE", "000"), id=b"new\0", state=b"\5", network=b"\3\0\1")
    assert report == DeliveryReport("new", ReportStatus.FAILED, None, "unknown_subscriber")


def test_a_text_in_ucs_2_is_read_too() -> None:
    assert read(FORM.format("7", "DELIVRD", "0").encode("utf-16-be"), coding=8) is not None


def test_an_intermediate_notification_is_not_final() -> None:
    report = read(FORM.format("7", "UNDELIV", "1"), esm_class=0x20)
    assert report == DeliveryReport("7", ReportStatus.BUFFERED)


def test_a_text_from_a_phone_is_no_receipt() -> None:
    assert read("id:7 stat:DELIVRD", esm_class=0) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "stat:DELIVRD",
        "id:7",
        "id:7 stat:GONE",
        "id:7\0 stat:DELIVRD",
        "id:7 text:stat:DELIVRD",
        "id:" + "x" * 101,
    ],
)
def test_a_receipt_that_says_too_little_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableReceipt):
        read(text)


@pytest.mark.parametrize(
    ("forms", "answered", "receipted"),
    [
        ("same", "1F", "1F"),
        ("hex/decimal", "1F", "31"),
        ("hex/decimal", "0000001f", "0000000031"),
        ("decimal/hex", "31", "1f"),
        ("decimal/hex", "0031", "0x1F"),
        ("hex/decimal", "uuid-1", "uuid-1"),
    ],
)
def test_ids_in_two_forms_meet(forms: IdForms, answered: str, receipted: str) -> None:
    assert answered_id(answered, forms) == receipted_id(receipted, forms)


@given(st.binary(max_size=120))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    try:
        read_report(read_delivery(body), "hex/decimal")
        message_id(body)
    except (PduError, UnreadableReceipt):
        pass


@pytest.mark.parametrize("size", [0, HEADER_SIZE - 1, 70_001, 0xFFFFFFFF])
def test_a_unit_of_an_impossible_length_is_refused(size: int) -> None:
    with pytest.raises(PduError):
        decode_header(struct.pack("!IIII", size, 5, 0, 1))
