"""Kannel's receipts: believed from listed addresses only, with the token of the very message."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.gateways.base import Callback, DeliveryReport, ForgedReceipt, ReportStatus, UnreadableReceipt
from app.gateways.registry import make_gateway
from tests.gateways.kannel.post import Post
from tests.gateways.kannel.test_answers import GOOD, gateway_to
from tests.gateways.peers import message, send

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
gateway = make_gateway("kannel", GOOD, callback_url="https://panel.example/callbacks/r")
UNDELIVERED = (
    "id:77 sub:001 dlvrd:000 submit date:2603011200 done date:2603011201 stat:UNDELIV err:{} text:Hi"
)


@pytest.fixture
def genuine(post: Post) -> Callback:
    """The receipt that Kannel would send for a message, filled into the address that we gave it."""
    post.answers = [(202, "0: Accepted for delivery")]
    send(gateway_to(post.url), message("+60123456701"))
    address = next(
        value for name, value in post.calls[0].headers.items() if name.lower() == "x-kannel-dlr-url"
    )
    address = address.replace("%%", "%").replace("%d", "1")
    query = dict(parse_qsl(re.sub(r"%[AFI]", "", urlsplit(address).query), keep_blank_values=True))
    return Callback("GET", {}, query, b"", "127.0.0.1")


def read(callback: Callback, **query: str) -> list[DeliveryReport]:
    return gateway.read_receipts(replace(callback, query={**callback.query, **query}), NOW)


@pytest.mark.parametrize(
    ("status", "words", "says", "code"),
    [
        ("1", "", ReportStatus.DELIVERED, None),
        ("1", UNDELIVERED.format("001"), ReportStatus.DELIVERED, None),
        ("2", "", ReportStatus.FAILED, "undeliverable"),
        ("2", UNDELIVERED.format("001"), ReportStatus.FAILED, "unknown_subscriber"),
        ("2", UNDELIVERED.format("027"), ReportStatus.FAILED, "absent_subscriber"),
        ("2", UNDELIVERED.format("XX9"), ReportStatus.FAILED, "undeliverable"),
        ("2", "id:7 stat:EXPIRED err:001 text:", ReportStatus.FAILED, "expired"),
        ("4", "", ReportStatus.BUFFERED, None),
        ("8", "ACK/", ReportStatus.BUFFERED, None),
        ("16", "NACK/no SMSC", ReportStatus.FAILED, "blocked_by_carrier"),
        ("32", "", ReportStatus.BUFFERED, None),
    ],
)
def test_every_status_has_its_meaning(
    genuine: Callback, status: str, words: str, says: ReportStatus, code: str | None
) -> None:
    assert read(genuine, status=status, words=words) == [DeliveryReport("ref-1", says, "ref-1", code)]


@pytest.mark.parametrize(
    "change",
    [
        {"token": ""},
        {"token": "0" * 64},
        {"token": "é"},
        {"reference": "ref-2"},
        {"reference": ""},
        {"reference": "x" * 41},
    ],
)
def test_a_receipt_for_another_message_is_forged(genuine: Callback, change: dict[str, str]) -> None:
    with pytest.raises(ForgedReceipt):
        read(genuine, **change)


@pytest.mark.parametrize(
    "change",
    [{"remote": "10.0.0.9"}, {"remote": ""}, {"remote": "unix:"}, {"method": "POST"}, {"method": "HEAD"}],
)
def test_a_receipt_from_elsewhere_or_by_another_method_is_forged(
    genuine: Callback, change: dict[str, Any]
) -> None:
    with pytest.raises(ForgedReceipt):
        gateway.read_receipts(replace(genuine, **change), NOW)


def test_headers_that_tell_of_an_address_are_not_believed(genuine: Callback) -> None:
    headers = {"X-Forwarded-For": "127.0.0.1", "Host": "127.0.0.1"}
    with pytest.raises(ForgedReceipt):
        gateway.read_receipts(replace(genuine, remote="10.0.0.9", headers=headers), NOW)


@pytest.mark.parametrize("remote", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_listened_to_by_default(genuine: Callback, remote: str) -> None:
    assert gateway.read_receipts(replace(genuine, remote=remote), NOW)


@pytest.mark.parametrize("status", ["", "3", "delivered", "-1", "%d"])
def test_an_unknown_status_is_unreadable(genuine: Callback, status: str) -> None:
    with pytest.raises(UnreadableReceipt):
        read(genuine, status=status)
