"""What leaves by the settings of the documentation, and what each answer means by them."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from app.gateways.base import Accepted, Deferred, Gateway, InDoubt, Outcome, OutgoingMessage, Refused
from tests.gateways.http.carrier import API_KEY, GOOD, RECEIPT_URL, Carrier, http
from tests.gateways.peers import message, send

TO = "+60123456701"
PLAIN: dict[str, object] = {
    "format": "form",
    "headers": {"Authorization": "Basic {basic}"},
    "body": {"to": "{to}", "text": "{text}", "from": "{sender}", "priority": 1},
    "api_secret": "shh",
    "id_path": None,
    "id_pattern": r"^OK (\S+)",
    "answers": [
        {"status": [200], "pattern": "^OK ", "means": "accepted"},
        {"status": [200], "pattern": "^ERR 7", "means": "refused", "code": "invalid_number"},
        {"status": ["5xx"], "pattern": "busy", "means": "deferred", "retry_after": 9},
    ],
}


def test_the_documented_example_sends_what_infobip_documents(carrier: Carrier) -> None:
    text = 'He said "{api_key}"\n\\ {to} €'
    assert send(carrier.gateway(), message(TO, text=text)) == [Accepted("ref-1")]
    assert carrier.bodies == [
        {
            "messages": [
                {
                    "sender": "BISTRO",
                    "destinations": [{"to": "60123456701", "messageId": "ref-1"}],
                    "content": {"text": text},
                    "webhooks": {"delivery": {"url": RECEIPT_URL}, "contentType": "application/json"},
                }
            ]
        }
    ]
    assert carrier.headers[0]["Accept"] == carrier.headers[0]["Content-Type"] == "application/json"


def test_a_field_without_a_value_is_left_out(carrier: Carrier) -> None:
    send(carrier.gateway(), OutgoingMessage("ref-1", TO, "Hello", None))
    assert "sender" not in carrier.bodies[0]["messages"][0]
    send(carrier.gateway(default_sender="DESK"), OutgoingMessage("ref-1", TO, "Hello", None))
    assert carrier.bodies[1]["messages"][0]["sender"] == "DESK"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (("PENDING", "PENDING_ENROUTE"), Accepted("ref-1")),
        (("ACCEPTED", "MESSAGE_ACCEPTED"), Accepted("ref-1")),
        (("REJECTED", "REJECTED_PREFIX_MISSING"), Refused("blocked_by_carrier")),
        (("REJECTED", "REJECTED_NOT_ENOUGH_CREDITS"), Deferred("gateway_settings")),
        (("PONDERING", "PONDERING_LONG"), InDoubt("gateway_failure")),
    ],
)
def test_a_value_in_the_answer_decides(carrier: Carrier, status: tuple[str, str], outcome: Outcome) -> None:
    carrier.status = status
    assert send(carrier.gateway(), message(TO)) == [outcome]


@pytest.mark.parametrize(
    ("status", "body", "headers", "outcome"),
    [
        (400, b'{"errorCode": "E400"}', {}, Refused("rejected_request")),
        (403, b"", {}, Deferred("gateway_settings")),
        (429, b"", {}, Deferred("throttled", 5.0)),
        (429, b"", {"Retry-After": "30"}, Deferred("throttled", 30.0)),
        (429, b"", {"Retry-After": "99999"}, Deferred("throttled", 3600.0)),
        (429, b"", {"Retry-After": "Sun, 01 Mar 2026 12:00:00 GMT"}, Deferred("throttled", 5.0)),
        (500, b"", {}, InDoubt("gateway_failure")),
        (503, b"", {"Retry-After": "3"}, InDoubt("gateway_failure")),
        (302, b"", {"Location": "/plain"}, InDoubt("gateway_failure")),
        (200, b"", {}, InDoubt("gateway_failure")),
        (200, b"[" * 50_000, {}, InDoubt("gateway_failure")),
        (200, b"x" * 100_000, {}, InDoubt("unreadable_answer")),
        (
            200,
            b'{"messages": [{"status": {"groupName": "PENDING"}}]}',
            {},
            InDoubt("unreadable_answer"),
        ),
        (
            200,
            b'{"messages": [{"messageId": "%s", "status": {"groupName": "PENDING"}}]}' % (b"x" * 101),
            {},
            InDoubt("unreadable_answer"),
        ),
    ],
)
def test_answers_that_no_rule_names_are_in_doubt(
    carrier: Carrier, status: int, body: bytes, headers: dict[str, str], outcome: Outcome
) -> None:
    carrier.raw = (status, body, headers)
    assert send(carrier.gateway(), message(TO)) == [outcome]
    assert len(carrier.bodies) == 1


def test_a_wrong_key_is_for_staff(carrier: Carrier) -> None:
    assert send(carrier.gateway(api_key="another"), message(TO)) == [Deferred("gateway_settings")]


def test_silence_and_a_lost_connection_leave_doubt(carrier: Carrier) -> None:
    carrier.delay = 30.0
    assert send(carrier.gateway(answer_timeout=2), message(TO)) == [InDoubt("timeout")]
    carrier.delay, carrier.hang_up = 0.0, True
    assert send(carrier.gateway(), message(TO)) == [InDoubt("connection_lost")]


def test_nobody_there_is_surely_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert send(http({"url": f"http://127.0.0.1:{port}/"}), message(TO)) == [Deferred("unreachable")]


def plain(carrier: Carrier, **settings: object) -> Gateway:
    return http({**PLAIN, "url": f"{carrier.url}/plain", "answer_timeout": 5, **settings})


@pytest.mark.parametrize(
    ("status", "words", "outcome"),
    [
        (200, b"OK 77-a\n", Accepted("77-a")),
        (200, b"OK ", InDoubt("unreadable_answer")),
        (200, b"ERR 7 no such number", Refused("invalid_number")),
        (200, b"ERR 8", InDoubt("gateway_failure")),
        (503, b"busy", Deferred("carrier_busy", 9.0)),
        (503, b"broken", InDoubt("gateway_failure")),
    ],
)
def test_a_form_and_an_answer_in_words(carrier: Carrier, status: int, words: bytes, outcome: Outcome) -> None:
    carrier.raw = (status, words, {})
    assert send(plain(carrier), message(TO, text="a=b&c=d €")) == [outcome]
    assert carrier.bodies == [{"to": TO, "text": "a=b&c=d €", "from": "BISTRO", "priority": "1"}]
    assert carrier.headers[0]["Authorization"].startswith("Basic ")
    assert API_KEY not in str(carrier.headers) + str(carrier.queries)


def test_a_get_carries_its_fields_in_the_address(carrier: Carrier) -> None:
    assert send(plain(carrier, method="GET"), message(TO, text="1 + 1 & more")) == [Accepted("1")]
    assert carrier.queries == [{"to": TO, "text": "1 + 1 & more", "from": "BISTRO", "priority": "1"}]


def test_a_get_whose_connection_breaks_is_not_sent_again(carrier: Carrier) -> None:
    carrier.hang_up = True
    assert send(plain(carrier, method="GET"), message(TO)) == [InDoubt("connection_lost")]
    assert len(carrier.queries) == 1


def test_no_proxy_is_taken_from_the_environment(carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert send(carrier.gateway(), message(TO)) == [Accepted("ref-1")]


@pytest.mark.parametrize("settings", [{}, PLAIN])
def test_what_is_no_character_does_not_raise(carrier: Carrier, settings: dict[str, Any]) -> None:
    carrier.raw = (200, b"OK 1", {}) if settings else None
    gateway = plain(carrier) if settings else carrier.gateway()
    assert isinstance(send(gateway, message(TO, text="\ud800"))[0], Accepted)


def test_a_sender_id_that_no_header_carries_never_leaves(carrier: Carrier) -> None:
    headers = {**GOOD["headers"], "X-From": "{sender}"}
    bad = OutgoingMessage("r", TO, "Hello", "BIST\r\nRO")
    assert send(carrier.gateway(headers=headers), bad) == [Refused("rejected_request")]
    assert carrier.bodies == []


def test_capabilities_follow_the_settings() -> None:
    named = http({"dedupes_reference": True, "long_text": False, "concurrency": 7}).capabilities
    assert (named.dedupes_reference, named.long_text, named.concurrency, named.receipts) == (
        True,
        False,
        7,
        True,
    )


def test_a_gateway_that_was_never_opened_says_so() -> None:
    with pytest.raises(RuntimeError, match="not open"):
        asyncio.run(http({}).send(message(TO)))


def test_a_large_answer_of_words_does_not_hold_up_the_pump(carrier: Carrier) -> None:
    carrier.raw = (200, b"OK" + b" " * 60_000, {})
    slow = plain(carrier, id_pattern=r"(\s+)\s+X")
    assert send(slow, message(TO)) == [InDoubt("unreadable_answer")]
