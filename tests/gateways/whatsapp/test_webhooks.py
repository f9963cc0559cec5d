"""Webhooks: believed only when signed over the very body; the handshake only with our token."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.gateways.base import Callback, DeliveryReport, ForgedReceipt, OptOut, ReportStatus, UnreadableReceipt
from app.gateways.whatsapp.gateway import WhatsAppGateway
from app.gateways.whatsapp.settings import WhatsAppSettings
from tests.gateways.whatsapp.graph import GOOD, VERIFY_TOKEN, posted, preference, signed, status, webhook

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
gateway = WhatsAppGateway(WhatsAppSettings.read(GOOD), "https://panel.example/callbacks/r")


@pytest.mark.parametrize(
    ("written", "says", "code"),
    [
        (status("sent"), ReportStatus.BUFFERED, None),
        (status("delivered"), ReportStatus.DELIVERED, None),
        (status("read"), ReportStatus.DELIVERED, None),
        (status("failed", code=131026), ReportStatus.FAILED, "whatsapp_undeliverable"),
        (status("failed", code=131049), ReportStatus.FAILED, "marketing_cap"),
        (status("failed", code=132015), ReportStatus.FAILED, "template_paused"),
        (status("failed", code=131000), ReportStatus.FAILED, "undeliverable"),
        (status("failed", code=130429), ReportStatus.FAILED, "sending_restricted"),
        (status("failed", code=131056), ReportStatus.FAILED, "pair_rate"),
        (status("failed", code=190), ReportStatus.FAILED, "gateway_settings"),
        (status("failed"), ReportStatus.FAILED, "undeliverable"),
    ],
)
def test_every_status_has_its_meaning(written: dict[str, Any], says: ReportStatus, code: str | None) -> None:
    body = webhook({"statuses": [written]})
    assert gateway.read_receipts(posted(body), NOW) == [DeliveryReport("wamid.1", says, "ref-1", code)]


def test_delivered_and_read_together_are_one_report() -> None:
    body = webhook({"statuses": [status("delivered"), status("read"), status("deleted")]})
    assert len(gateway.read_receipts(posted(body), NOW)) == 1


def test_a_status_without_our_reference_is_known_by_its_id() -> None:
    body = webhook({"statuses": [status("delivered", biz_opaque_callback_data="x" * 41)]})
    assert gateway.read_receipts(posted(body), NOW)[0].reference is None


def test_what_is_about_another_number_is_left_alone() -> None:
    body = webhook({"statuses": [status("delivered")]}, number_id="555555")
    assert gateway.read_receipts(posted(body), NOW) == []


def test_an_incoming_message_is_acknowledged_and_says_nothing() -> None:
    body = webhook({"messages": [{"from": "16505551234", "id": "wamid.2", "type": "text"}]})
    assert gateway.read_receipts(posted(body), NOW) == []
    assert gateway.read_opt_outs(posted(body), NOW) == []


GENUINE = webhook({"statuses": [status("delivered")]})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": "sha256=é"},
        signed(GENUINE, "another-app-secret"),
        {"X-Hub-Signature": signed(GENUINE)["X-Hub-Signature-256"]},
        {"X-Hub-Signature-256": signed(GENUINE)["X-Hub-Signature-256"].removeprefix("sha256=")},
    ],
)
def test_an_unsigned_webhook_is_forged(headers: dict[str, str]) -> None:
    callback = Callback("POST", headers, {}, GENUINE, "127.0.0.1")
    for read in (gateway.read_receipts, gateway.read_opt_outs):
        with pytest.raises(ForgedReceipt):
            read(callback, NOW)


def test_a_changed_body_is_forged_to_the_last_byte() -> None:
    with pytest.raises(ForgedReceipt):
        gateway.read_receipts(replace(posted(GENUINE), body=GENUINE + b"\n"), NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"object": "page", "entry": []}',
        b'{"object": "whatsapp_business_account", "entry": 7}',
        webhook({"statuses": "all"}),
        webhook({"statuses": [{"status": "delivered"}]}),
        webhook({"statuses": [status("delivered", "w" * 101)]}),
        b"[" * 100_000,
    ],
)
def test_what_has_not_the_documented_shape_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableReceipt):
        gateway.read_receipts(posted(body), NOW)


@pytest.mark.parametrize(("value", "stop"), [("stop", True), ("resume", False)])
def test_a_preference_is_a_wish_with_its_time(value: str, stop: bool) -> None:
    body = webhook(preference(value), "user_preferences")
    at = datetime(2024, 11, 15, 21, 22, 1, tzinfo=UTC)
    assert gateway.read_opt_outs(posted(body), NOW) == [OptOut("+16505551234", stop, at)]
    assert gateway.read_receipts(posted(body), NOW) == []


@pytest.mark.parametrize("change", [{"value": "maybe"}, {"wa_id": "you"}, {"timestamp": "soon"}])
def test_a_preference_that_says_nothing_is_unreadable(change: dict[str, str]) -> None:
    wish = preference("stop")
    wish["user_preferences"][0].update(change)
    with pytest.raises(UnreadableReceipt):
        gateway.read_opt_outs(posted(webhook(wish, "user_preferences")), NOW)


def handshake(**query: str) -> Callback:
    given = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
    return Callback(
        "GET", {}, given | {name.replace("_", ".", 1): value for name, value in query.items()}, b"", ""
    )


def test_the_handshake_repeats_the_challenge() -> None:
    assert gateway.read_receipts(handshake(), NOW) == []
    assert gateway.callback_answer(handshake()) == "1158201444"
    assert gateway.callback_answer(posted(GENUINE)) == ""


@pytest.mark.parametrize("token", ["", "guess", "é", VERIFY_TOKEN + "x"])
def test_a_handshake_without_our_token_is_forged(token: str) -> None:
    with pytest.raises(ForgedReceipt):
        gateway.read_receipts(handshake(hub_verify_token=token), NOW)


@pytest.mark.parametrize(
    "query", [{"hub_mode": "unsubscribe"}, {"hub_challenge": ""}, {"hub_challenge": "x" * 201}]
)
def test_a_handshake_without_a_challenge_is_unreadable(query: dict[str, str]) -> None:
    with pytest.raises(UnreadableReceipt):
        gateway.read_receipts(handshake(**query), NOW)
