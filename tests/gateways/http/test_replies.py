"""What people send back through a carrier that is described by settings: STOP lands on the right list."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.gateways.base import (
    Callback,
    DeliveryReport,
    ForgedReceipt,
    Gateway,
    HearsOptOuts,
    OptOut,
    ReportStatus,
    UnreadableReceipt,
)
from app.gateways.registry import make_gateway
from app.models import Receipt
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.factories.users import make_owner
from tests.gateways.http.carrier import CALLBACK_URL, GOOD, RECEIPT_SECRET, http, report, reported
from tests.gateways.written_to import E164, left, lists
from tests.panel_client import PanelClient

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRIVATE = "my new pin is 4711"
STOPPED = [OptOut(E164, stop=True, at=NOW)]
infobip = http({})
WITHOUT_REPLIES = {name: value for name, value in GOOD.items() if not name.startswith("reply_")}
WITHOUT_RECEIPTS: dict[str, Any] = {
    name: value
    for name, value in GOOD.items()
    if name not in ("receipt_id", "receipt_status", "receipt_statuses", "receipt_error", "receipt_errors")
}


def reply(text: str, sender: object = E164.removeprefix("+")) -> dict[str, Any]:
    """As Infobip's webhook for inbound messages (MO_JSON_2) has it."""
    return {
        "messageId": "817790313235066447",
        "from": sender,
        "to": "60111222333",
        "text": text,
        "cleanText": text,
        "keyword": text.split()[0] if text else "",
        "receivedAt": "2026-03-01T12:00:00.000+0000",
        "smsCount": 1,
        "price": {"pricePerMessage": 0.0, "currency": "EUR"},
        "callbackData": "callbackData",
    }


def wishes(gateway: Gateway, callback: Callback) -> list[OptOut]:
    assert isinstance(gateway, HearsOptOuts)
    return gateway.read_opt_outs(callback, NOW)


def test_the_documented_example_reads_infobips_incoming_messages() -> None:
    call = reported(reply(PRIVATE), reply("Stop."), reply("", "60123456702"))
    assert wishes(infobip, call) == STOPPED
    assert infobip.read_receipts(call, NOW) == []


def test_receipts_and_replies_in_one_call_are_told_apart() -> None:
    call = reported(report(), reply("STOP"), report("REJECTED", "ref-2"))
    assert wishes(infobip, call) == STOPPED
    assert [each.gateway_id for each in infobip.read_receipts(call, NOW)] == ["ref-1", "ref-2"]
    with pytest.raises(UnreadableReceipt, match="Receipt 3"):
        infobip.read_receipts(reported(report(), reply("STOP"), report("PONDERING")), NOW)


def test_where_both_have_a_status_another_field_tells_them_apart() -> None:
    """As Telnyx does, whose incoming messages have a status, too."""
    telnyx = http(
        {
            "receipt_list": "",
            "receipt_id": "data.payload.id",
            "receipt_status": "data.payload.to.0.status",
            "receipt_statuses": {"delivered": "delivered", "*": "buffered"},
            "reply_path": "data.event_type",
            "reply_values": ["message.received"],
            "reply_sender": "data.payload.from.phone_number",
            "reply_text": "data.payload.text",
        }
    )

    def event(kind: str, text: str) -> Callback:
        payload = {"id": "m1", "from": {"phone_number": E164}, "to": [{"status": "delivered"}], "text": text}
        return replace(
            reported(), body=json.dumps({"data": {"event_type": kind, "payload": payload}}).encode()
        )

    assert wishes(telnyx, event("message.received", "STOP")) == STOPPED
    assert telnyx.read_receipts(event("message.received", "STOP"), NOW) == []
    assert wishes(telnyx, event("message.finalized", "STOP")) == []
    assert telnyx.read_receipts(event("message.finalized", "Hello"), NOW) == [
        DeliveryReport("m1", ReportStatus.DELIVERED, None, None)
    ]


def test_a_form_holds_one_reply_by_whole_names() -> None:
    """As Twilio's forms, of which receipts alone have a MessageStatus."""
    twilio = http(
        {
            "receipt_format": "form",
            "receipt_list": "",
            "receipt_id": "MessageSid",
            "receipt_status": "MessageStatus",
            "receipt_statuses": {"delivered": "delivered", "*": "buffered"},
            "reply_sender": "From",
            "reply_text": "Body",
        }
    )
    body = {
        "MessageSid": "SM1",
        "SmsStatus": "received",
        "From": E164,
        "To": "+60111222333",
        "Body": " STOP ",
    }
    assert wishes(twilio, replace(reported(), body=urlencode(body).encode())) == STOPPED
    assert wishes(twilio, replace(reported(), body=urlencode({**body, "Body": ""}).encode())) == []


def test_a_carrier_may_bring_replies_and_no_receipts() -> None:
    gateway = make_gateway(
        "http", WITHOUT_RECEIPTS | {"body": {"to": "{to}", "text": "{text}"}}, callback_url=CALLBACK_URL
    )
    assert not gateway.capabilities.receipts
    assert wishes(gateway, reported(reply("STOP", 60123456701))) == STOPPED
    assert gateway.read_receipts(reported(reply("STOP")), NOW) == []
    with pytest.raises(ForgedReceipt):
        gateway.read_receipts(replace(reported(reply("STOP")), query={"token": "guess"}), NOW)


def test_a_route_that_awaits_no_replies_takes_none() -> None:
    deaf = make_gateway("http", WITHOUT_REPLIES, callback_url=CALLBACK_URL)
    assert wishes(deaf, reported(report())) == []
    with pytest.raises(UnreadableReceipt):
        deaf.read_receipts(reported(reply("STOP")), NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"query": {}},
        {"query": {"token": "guess"}},
        {"remote": "203.0.114.1"},
        {"method": "GET"},
        {"headers": {"X-Forwarded-For": "203.0.113.9"}, "remote": "198.51.100.1"},
    ],
)
def test_without_the_secret_or_from_elsewhere_it_is_forged(change: dict[str, Any]) -> None:
    with pytest.raises(ForgedReceipt):
        wishes(infobip, replace(reported(reply("STOP")), **change))


@pytest.mark.parametrize("broken", [{"from": None}, {"text": None}, {"from": ["+60123456701"]}, {"text": {}}])
def test_a_message_without_sender_or_text_is_unreadable(broken: dict[str, object]) -> None:
    call = reported(report(), {**reply("STOP"), **broken})

    def read() -> None:
        infobip.read_receipts(call, NOW)
        wishes(infobip, call)

    with pytest.raises(UnreadableReceipt, match="2"):
        read()


def test_a_stop_is_stored_with_the_receipts_of_its_call_and_its_text_nowhere(
    client: PanelClient, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    route = make_route(session, gateway="http", gateway_settings=GOOD, price_per_segment=0)
    owner = make_owner(session)
    make_submitted_task(session, owner, route, messages=1, price=0)
    left(session, owner.account_id, 1.0)
    body = reported(report(), reply(PRIVATE), reply("BERHENTI")).body

    def call(body: bytes, token: str = RECEIPT_SECRET) -> int:
        whole = f"/callbacks/{route.public_id}?token={token}"
        return client.post(whole, data=body, environ_base={"REMOTE_ADDR": "203.0.113.7"}).status_code

    assert call(body, "guess") == 403
    assert call(reported(report(), {**reply("STOP"), "from": None}).body) == 400
    assert (lists(session), session.scalar(select(func.count(Receipt.id)))) == ([], 0)
    assert [call(body), call(body)] == [204, 204]
    assert lists(session) == [(owner.account_id, E164, "opt_out")]
    assert session.scalar(select(func.count(Receipt.id))) == 1
    told = capsys.readouterr()
    assert "4711" not in told.out + told.err
    assert E164.removeprefix("+") not in told.out + told.err
