"""Reading callbacks: only what the carrier signed, lately, and in the documented shape."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.gateways.base import Callback, DeliveryReport, ForgedReceipt, ReportStatus, UnreadableReceipt
from app.gateways.signature import HEADER, sign
from tests.gateways.peers import gateway_to

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECRET = "sandbox-secret"
BODY = b'{"receipts": [{"id": "g1", "reference": "r1", "status": "failed", "error": "expired"}]}'
gateway = gateway_to("http://127.0.0.1:9")


def callback(headers: dict[str, str], body: bytes) -> Callback:
    return Callback("POST", headers, {}, body, "127.0.0.1")


def read(header: str | None, body: bytes = BODY, now: datetime = NOW) -> list[DeliveryReport]:
    headers = {} if header is None else {HEADER: header}
    return gateway.read_receipts(callback(headers, body), now)


def test_a_signed_callback_is_read() -> None:
    assert read(sign(SECRET, BODY, NOW)) == [DeliveryReport("g1", ReportStatus.FAILED, "r1", "expired")]


def test_the_name_of_the_header_may_come_in_any_case() -> None:
    headers = {HEADER.lower(): sign(SECRET, BODY, NOW)}

    assert len(gateway.read_receipts(callback(headers, BODY), NOW)) == 1


@pytest.mark.parametrize("minutes", [-5, -4, 0, 4, 5])
def test_a_signature_holds_for_five_minutes_either_way(minutes: int) -> None:
    assert read(sign(SECRET, BODY, NOW), now=NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_an_old_or_early_signature_is_forged(seconds: int) -> None:
    with pytest.raises(ForgedReceipt, match="too old"):
        read(sign(SECRET, BODY, NOW), now=NOW + timedelta(seconds=seconds))


def test_a_changed_body_is_forged() -> None:
    with pytest.raises(ForgedReceipt):
        read(sign(SECRET, BODY, NOW), body=BODY.replace(b"failed", b"delivered"))


def test_a_moved_time_stamp_is_forged() -> None:
    old = sign(SECRET, BODY, NOW - timedelta(days=1))
    moved = f"t={int(NOW.timestamp())}," + old.partition(",")[2]

    with pytest.raises(ForgedReceipt):
        read(moved)


def test_another_secret_is_forged() -> None:
    with pytest.raises(ForgedReceipt):
        read(sign("another", BODY, NOW))


def test_one_good_signature_among_several_is_enough() -> None:
    good = sign(SECRET, BODY, NOW)
    stamp, _, digest = good.partition(",")

    assert read(f"{stamp},v1={'0' * 64},{digest}")
    assert read(f"{good},v1={'0' * 64}")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "v1=" + "0" * 64,
        "t=,v1=00",
        "t=1",
        f"t={int(NOW.timestamp())}",
        f"t={int(NOW.timestamp())},v1=",
        f"t={int(NOW.timestamp())},v1=ü",
        "t=٣,v1=00",
        "t=-5,v1=00",
        "t=1e9,v1=00",
        f"t={int(NOW.timestamp())},t={int(NOW.timestamp())},v1=00",
        "t=" + "9" * 900 + ",v1=00",
        "," * 5000,
    ],
)
def test_a_header_that_proves_nothing_is_forged(header: str | None) -> None:
    with pytest.raises(ForgedReceipt):
        read(header)


def test_a_signed_but_absurd_time_stamp_is_forged() -> None:
    stamp = "9" * 900
    genuine = sign(SECRET, BODY, NOW)

    with pytest.raises(ForgedReceipt):
        read(genuine.replace(str(int(NOW.timestamp())), stamp))


RECEIPT = {"id": "g1", "reference": "r1", "status": "delivered", "error": None}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"[]",
        b"[" * 100_000,
        b'{"receipts": {}}',
        json.dumps({"receipts": [RECEIPT] * 1001}).encode(),
        json.dumps({"receipts": [RECEIPT, "x"]}).encode(),
        json.dumps({"receipts": [RECEIPT, RECEIPT | {"id": None}]}).encode(),
        json.dumps({"receipts": [RECEIPT | {"id": ""}]}).encode(),
        json.dumps({"receipts": [RECEIPT | {"id": "x" * 101}]}).encode(),
        json.dumps({"receipts": [RECEIPT | {"reference": 7}]}).encode(),
        json.dumps({"receipts": [RECEIPT | {"reference": "x" * 41}]}).encode(),
        json.dumps({"receipts": [RECEIPT | {"error": "x" * 65}]}).encode(),
        json.dumps({"receipts": [RECEIPT | {"status": "teleported"}]}).encode(),
        json.dumps({"receipts": [RECEIPT | {"status": ["delivered"]}]}).encode(),
    ],
)
def test_a_signed_callback_of_another_shape_is_unreadable_as_a_whole(content: bytes) -> None:
    with pytest.raises(UnreadableReceipt):
        read(sign(SECRET, content, NOW), body=content)


def test_a_callback_without_receipts_is_fine() -> None:
    assert read(sign(SECRET, b'{"receipts": []}', NOW), body=b'{"receipts": []}') == []
