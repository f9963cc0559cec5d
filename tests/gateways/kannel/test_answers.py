"""What each answer of a smsbox means, and each way of not answering."""

from __future__ import annotations

import socket

import pytest

from app.gateways.base import (
    Accepted,
    Deferred,
    Gateway,
    InDoubt,
    Outcome,
    OutgoingMessage,
    Refused,
    SettingsRefused,
)
from app.gateways.registry import make_gateway, validate
from tests.gateways.kannel.post import Post
from tests.gateways.peers import message, send

TO = "+60123456701"
GOOD: dict[str, object] = {
    "url": "http://127.0.0.1:13013/cgi-bin/sendsms",
    "username": "u",
    "password": "p",
    "receipt_secret": "s" * 24,
}


def gateway_to(url: str, **settings: object) -> Gateway:
    given = {**GOOD, "url": url, "answer_timeout": 5, **settings}
    return make_gateway("kannel", given, callback_url="https://panel.example/callbacks/r")


@pytest.mark.parametrize(
    ("status", "words", "outcome"),
    [
        (202, "0: Accepted for delivery", Accepted("ref-1")),
        (202, "3: Queued for later delivery", Accepted("ref-1")),
        (202, "Sent.", Accepted("ref-1")),
        (403, "Authorization failed for sendsms", Deferred("gateway_settings")),
        (403, "Not routable. Do not try again.", Refused("not_routable")),
        (400, "Number(s) has/have been denied by white- and/or black-lists.", Refused("blocked_by_carrier")),
        (400, "Sender missing and no global set, rejected", Refused("rejected_request")),
        (404, "Unknown request.", Deferred("gateway_settings")),
        (503, "Temporal failure, try again later.", Deferred("carrier_busy")),
        (503, "<html>a proxy's own page</html>", InDoubt("gateway_failure")),
        (500, "", InDoubt("gateway_failure")),
        (302, "", InDoubt("gateway_failure")),
        (200, "", InDoubt("gateway_failure")),
    ],
)
def test_answers(post: Post, status: int, words: str, outcome: Outcome) -> None:
    post.answers = [(status, words)]
    assert send(gateway_to(post.url), message(TO)) == [outcome]


def test_silence_and_a_lost_connection_leave_doubt(post: Post) -> None:
    post.delay = 10.0
    assert send(gateway_to(post.url, answer_timeout=2), message(TO)) == [InDoubt("timeout")]
    post.delay, post.hang_up = 0.0, True
    assert send(gateway_to(post.url), message(TO)) == [InDoubt("connection_lost")]
    assert len(post.calls) == 2


def test_nobody_there_is_surely_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert send(gateway_to(f"http://127.0.0.1:{port}/"), message(TO)) == [Deferred("unreachable")]


@pytest.mark.parametrize("sender_id", ["BIST\nRO", "Bäcker", "X-Kannel-To: 1\r\n"])
def test_a_sender_id_that_no_header_carries_never_leaves(post: Post, sender_id: str) -> None:
    assert send(gateway_to(post.url), OutgoingMessage("r", TO, "Hello", sender_id)) == [
        Refused("rejected_request")
    ]
    assert post.calls == []


def test_the_request_keeps_its_secrets_out_of_the_address(post: Post) -> None:
    send(gateway_to(post.url, smsc="operator-a", priority=2), message(TO, text="line one\nline two"))
    (call,) = post.calls
    headers = {name.lower(): value for name, value in call.headers.items()}

    assert (call.method, call.query, call.body) == ("POST", {}, b"line one\nline two")
    assert headers["x-kannel-smsc"] == "operator-a"
    assert headers["x-kannel-priority"] == "2"
    assert headers["x-kannel-dlr-mask"] == "19"
    assert headers["x-kannel-dlr-url"].startswith("https://panel.example/callbacks/r?reference=ref-1&token=")
    assert "s" * 24 not in str(call)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "kannel.example"}, "url"),
        ({"username": ""}, "username"),
        ({"password": None}, "password"),
        ({"password": "line\nbreak"}, "password"),
        ({"receipt_secret": "short"}, "receipt_secret"),
        ({"receipt_networks": []}, "receipt_networks"),
        ({"receipt_networks": ["everywhere"]}, "receipt_networks"),
        ({"receipt_networks": "127.0.0.1"}, "receipt_networks"),
        ({"priority": 4}, "priority"),
        ({"smsc": 7}, "smsc"),
        ({"concurrency": 0}, "concurrency"),
        ({"answer_timeout": 61}, "answer_timeout"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_setting_that_cannot_work_is_named(change: dict[str, object], field: str) -> None:
    validate("kannel", GOOD)
    with pytest.raises(SettingsRefused) as refused:
        validate("kannel", GOOD | change)
    assert refused.value.field == field
