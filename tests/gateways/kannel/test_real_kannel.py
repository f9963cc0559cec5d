"""Through Debian's Kannel, both boxes, and back by its own receipts."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from urllib.parse import unquote_to_bytes

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.gateways.base import (
    Accepted,
    Deferred,
    DeliveryReport,
    Gateway,
    OutgoingMessage,
    Refused,
    ReportStatus,
)
from app.models import Receipt
from tests.factories.routes import make_route
from tests.gateways.kannel.box import NO_WAY, PASSWORD, RECEIPT_SECRET, USERNAME, Kannel
from tests.gateways.kannel.post import Post
from tests.gateways.peers import message, send
from tests.loopback import serving
from tests.waiting import until

TO = "+60123456701"


def reports(gateway: Gateway, post: Post) -> list[DeliveryReport]:
    now = datetime.now(UTC)
    return [report for call in post.calls for report in gateway.read_receipts(call, now)]


def arrived(kannel: Kannel, post: Post, lines: int) -> list[str]:
    """What came out at the carrier's end."""
    post.wait(lambda: len(kannel.lines) >= lines)
    return kannel.lines


def test_a_gsm_text_comes_out_as_it_went_in(kannel: Kannel, post: Post) -> None:
    text = "Preis: 5€ [ab] {heute} ~ 100% & über+mehr"

    assert send(kannel.gateway(), message(TO, text=text)) == [Accepted("ref-1")]
    assert arrived(kannel, post, 1) == [f"BISTRO {TO} text {text}"]


def test_another_text_goes_as_ucs_2(kannel: Kannel, post: Post) -> None:
    text = "明日 😀 100%"

    assert send(kannel.gateway(), message(TO, text=text)) == [Accepted("ref-1")]
    kind, _, words = arrived(kannel, post, 1)[0].removeprefix(f"BISTRO {TO} ").partition(" ")
    assert kind == "ucs-2"
    assert unquote_to_bytes(words.replace("+", " ")).decode("utf-16-be") == text


def test_a_long_text_goes_in_parts_and_reports_once(kannel: Kannel, post: Post) -> None:
    gateway = kannel.gateway(post.url)

    assert send(gateway, message(TO, text="x" * 300)) == [Accepted("ref-1")]
    assert len(arrived(kannel, post, 2)) == 2
    post.wait(lambda: len(post.calls) >= 1)
    time.sleep(0.2)
    assert reports(gateway, post) == [DeliveryReport("ref-1", ReportStatus.DELIVERED, "ref-1")]


def test_a_number_that_no_connection_takes_is_refused(kannel: Kannel, post: Post) -> None:
    gateway = kannel.gateway(post.url)

    assert send(gateway, message(f"{NO_WAY}7911123456")) == [Refused("not_routable")]
    post.wait(lambda: len(post.calls) >= 1)
    assert [report.status for report in reports(gateway, post)] == [ReportStatus.FAILED]


def test_wrong_credentials_and_a_wrong_address_are_the_settings_fault(kannel: Kannel) -> None:
    for wrong in ({"password": "guessed"}, {"url": f"{kannel.url}x"}):
        assert send(kannel.gateway(**wrong), message(TO)) == [Deferred("gateway_settings")]


def test_a_message_without_a_sender_takes_the_default_one(kannel: Kannel, post: Post) -> None:
    anonymous = OutgoingMessage("ref-1", TO, "Hello", None)

    assert send(kannel.gateway(default_sender="HOUSE"), anonymous) == [Accepted("ref-1")]
    assert send(kannel.gateway(), anonymous) == [Refused("rejected_request")]
    assert arrived(kannel, post, 1) == [f"HOUSE {TO} text Hello"]


def test_a_receipt_that_was_not_acknowledged_comes_again(kannel: Kannel, post: Post) -> None:
    post.answers = [(503, ""), (200, "")]
    gateway = kannel.gateway(post.url)

    send(gateway, message(TO, "odd %d reference"))
    post.wait(lambda: len(post.calls) == 2)
    expected = DeliveryReport("odd %d reference", ReportStatus.DELIVERED, "odd %d reference")
    assert reports(gateway, post) == [expected] * 2


def test_receipts_find_the_panel_and_are_stored_once(kannel: Kannel, app: Flask, session: Session) -> None:
    settings = {
        "url": kannel.url,
        "username": USERNAME,
        "password": PASSWORD,
        "receipt_secret": RECEIPT_SECRET,
    }
    route = make_route(session, gateway="kannel", gateway_settings=settings)
    with serving(app) as address:
        gateway = kannel.gateway(f"{address}/callbacks/{route.public_id}")
        send(gateway, *(message(TO, f"ref-{number}") for number in range(5)))
        until(lambda: len(stored(session)) == 5)
        time.sleep(1.2)  # what is not acknowledged comes again after a second
    assert stored(session) == [(f"ref-{number}", "delivered") for number in range(5)]


def stored(session: Session) -> list[tuple[str, str]]:
    session.rollback()
    rows = session.execute(select(Receipt.reference, Receipt.status).order_by(Receipt.reference))
    return [(row.reference or "", row.status) for row in rows]
