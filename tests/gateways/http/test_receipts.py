"""Receipts by settings: genuine ones are read, forged, old and changed ones leave nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from app.gateways.base import Callback, DeliveryReport, ForgedReceipt, ReportStatus, UnreadableReceipt
from app.gateways.registry import make_gateway
from app.gateways.signature import sign
from tests.gateways.http.carrier import GOOD, RECEIPT_SECRET, http, report, reported

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DELIVERED, FAILED, BUFFERED = ReportStatus.DELIVERED, ReportStatus.FAILED, ReportStatus.BUFFERED
infobip = http({})


@pytest.mark.parametrize(
    ("group", "error", "says", "code"),
    [
        ("DELIVERED", "NO_ERROR", DELIVERED, None),
        ("PENDING", "NO_ERROR", BUFFERED, None),
        ("UNDELIVERABLE", "EC_UNKNOWN_SUBSCRIBER", FAILED, "unknown_subscriber"),
        ("UNDELIVERABLE", "EC_ABSENT_SUBSCRIBER", FAILED, "absent_subscriber"),
        ("EXPIRED", "EC_SOMETHING_ELSE", FAILED, "undeliverable"),
        ("REJECTED", "NO_ERROR", FAILED, "undeliverable"),
    ],
)
def test_the_documented_example_reads_infobips_reports(
    group: str, error: str, says: ReportStatus, code: str | None
) -> None:
    assert infobip.read_receipts(reported(report(group, error=error)), NOW) == [
        DeliveryReport("ref-1", says, None, code)
    ]


def test_many_in_one_callback_are_read_all_or_none() -> None:
    both = reported(report(), report("UNDELIVERABLE", "ref-2"), report())
    assert [each.gateway_id for each in infobip.read_receipts(both, NOW)] == ["ref-1", "ref-2"]
    with pytest.raises(UnreadableReceipt, match="Receipt 2"):
        infobip.read_receipts(reported(report(), report("PONDERING")), NOW)


def test_a_star_stands_for_every_other_status() -> None:
    patient = http({"receipt_statuses": {"DELIVERED": "delivered", "*": "buffered"}})
    assert patient.read_receipts(reported(report("PONDERING")), NOW)[0].status is BUFFERED


@pytest.mark.parametrize(
    "change",
    [
        {"query": {}},
        {"query": {"token": ""}},
        {"query": {"token": "guess"}},
        {"query": {"token": "é"}},
        {"remote": "203.0.114.1"},
        {"remote": ""},
        {"remote": "unix:"},
        {"method": "GET"},
    ],
)
def test_without_the_secret_or_from_elsewhere_it_is_forged(change: dict[str, Any]) -> None:
    with pytest.raises(ForgedReceipt):
        infobip.read_receipts(replace(reported(report()), **change), NOW)


def test_headers_that_tell_of_an_address_are_not_believed() -> None:
    headers = {"X-Forwarded-For": "203.0.113.9", "Host": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    with pytest.raises(ForgedReceipt):
        infobip.read_receipts(replace(reported(report(), remote="198.51.100.1"), headers=headers), NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"results": 7}',
        b'{"results": [7]}',
        b'{"results": [{}]}',
        b"[" * 100_000,
        json.dumps({"results": [report(message_id="x" * 101)]}).encode(),
        json.dumps({"results": [report()] * 1001}).encode(),
        json.dumps({"results": [report(status={})]}).encode(),
        json.dumps({"results": [report(status={"groupName": ["DELIVERED"]})]}).encode(),
    ],
)
def test_what_has_not_the_described_shape_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableReceipt):
        infobip.read_receipts(replace(reported(), body=body), NOW)


def digest(body: bytes, secret: str = RECEIPT_SECRET) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


SCHEMES: dict[str, Callable[[bytes], str]] = {
    "hex": lambda body: digest(body).hex(),
    "sha256=hex": lambda body: f"sha256={digest(body).hex()}",
    "base64": lambda body: base64.b64encode(digest(body)).decode(),
    "stamped": lambda body: sign(RECEIPT_SECRET, body, NOW),
}
ONE = json.dumps({"id": "g1", "ref": "ref-1", "status": 2, "ok": True}).encode()
SIGNED: dict[str, object] = {
    "receipt_proof": "signature",
    "receipt_signature_header": "X-Signature",
    "receipt_list": "",
    "receipt_id": "id",
    "receipt_reference": "ref",
    "receipt_status": "status",
    "receipt_statuses": {"2": "delivered"},
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_scheme_takes_the_genuine_and_no_other(scheme: str) -> None:
    gateway = http({**SIGNED, "receipt_signature_scheme": scheme})
    genuine = Callback("POST", {"x-signature": SCHEMES[scheme](ONE)}, {}, ONE, "198.51.100.1")

    assert gateway.read_receipts(genuine, NOW) == [DeliveryReport("g1", DELIVERED, "ref-1", None)]
    other = next(make(ONE) for name, make in SCHEMES.items() if name != scheme)
    for headers, body in (
        (genuine.headers, ONE + b" "),
        ({}, ONE),
        ({"x-signature": ""}, ONE),
        ({"x-signature": "é"}, ONE),
        ({"x-signature": other}, ONE),
        ({"x-other": SCHEMES[scheme](ONE)}, ONE),
        ({"x-signature": SCHEMES[scheme](ONE)[:-1]}, ONE),
    ):
        with pytest.raises(ForgedReceipt):
            gateway.read_receipts(replace(genuine, headers=headers, body=body), NOW)


def test_an_old_one_played_again_is_forged_where_the_signature_has_a_time() -> None:
    gateway = http({**SIGNED, "receipt_signature_scheme": "stamped"})
    genuine = Callback("POST", {"X-Signature": sign(RECEIPT_SECRET, ONE, NOW)}, {}, ONE, "198.51.100.1")
    assert gateway.read_receipts(genuine, NOW + timedelta(minutes=4))
    for moment in (NOW + timedelta(minutes=6), NOW - timedelta(minutes=6)):
        with pytest.raises(ForgedReceipt):
            gateway.read_receipts(genuine, moment)


FLAT: dict[str, object] = {
    "receipt_list": "",
    "receipt_id": "message-id",
    "receipt_status": "stat.name",
    "receipt_statuses": {"DELIVRD": "delivered", "UNDELIV": "failed"},
    "receipt_error": "err",
    "receipt_errors": {"1": "unknown_subscriber"},
}
FIELDS = {"message-id": "g1", "stat.name": "UNDELIV", "err": "1"}


def test_a_form_and_an_address_hold_one_receipt_by_whole_names() -> None:
    wanted = [DeliveryReport("g1", FAILED, None, "unknown_subscriber")]
    token = {"token": RECEIPT_SECRET}
    form = Callback("POST", {}, token, urlencode(FIELDS).encode(), "203.0.113.9")
    assert http({**FLAT, "receipt_format": "form"}).read_receipts(form, NOW) == wanted
    address = Callback("GET", {}, {**FIELDS, **token}, b"", "203.0.113.9")
    assert http({**FLAT, "receipt_method": "GET"}).read_receipts(address, NOW) == wanted


def test_a_route_without_receipts_believes_none() -> None:
    bare = {name: value for name, value in GOOD.items() if not name.startswith(("receipt", "reply"))}
    gateway = make_gateway(
        "http", bare | {"body": {"to": "{to}", "text": "{text}"}}, callback_url="https://p.example"
    )
    with pytest.raises(ForgedReceipt):
        gateway.read_receipts(reported(report()), NOW)
